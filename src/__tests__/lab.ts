/** A JupyterLab that is only as much of one as our plugins ask for, before a server made of a function; for tests. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import type { FileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ContentsManager } from '@jupyterlab/services';
import type { Event } from '@jupyterlab/services';
import { SettingRegistry } from '@jupyterlab/settingregistry';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { StateDB } from '@jupyterlab/statedb';
import { nullTranslator } from '@jupyterlab/translation';
import type { ITranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { ContextMenuSvg } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';

import { browserPlugin } from '../plugins/browser';
import { commandsPlugin } from '../plugins/commands';
import { drivePlugin } from '../plugins/drive';
import { settingsPlugin } from '../plugins/settings';
import { transfersPlugin } from '../plugins/transfers';
import type { IJob, IJobRequest, ISource } from '../wire';
import schema from '../../schema/plugin.json';
import file from '../../tests/fixtures/wire/contents-file.json';
import wire from '../../tests/fixtures/wire/sources.json';
import list from '../../tests/fixtures/wire/jobs.json';
import type { filesOf } from './files';
import { serve, settle, until } from './server';
import type { IAnswer, IAsked } from './server';

/** JupyterLab's own settings of its file browser, as far as there is a schema here. */
const THEIRS = '@jupyterlab/filebrowser-extension:browser';

/** The sources: production, its twin, and the workspace. */
export const SOURCES: ISource[] = [
  { ...(wire[0] as ISource), home: '/lst' },
  {
    ...(wire[0] as ISource),
    ...{ name: 'dcache-dev', title: 'dCache dev', twin: 'dcache' },
    ...{ production: false, home: '/' }
  },
  wire[1] as ISource
];

/** One row of a folder: a file of so many bytes, or a folder. */
export interface IFile {
  size?: number;
  /** Seconds since the epoch. */
  time?: number;
  isOffline?: boolean;
}

/** A listing of files, and of folders: their names end with a slash. */
export function listing(files: Record<string, IFile>): IAnswer {
  const names = Object.keys(files);
  const isFolder = (name: string): boolean => name.endsWith('/');
  const block = {
    names: names.map(name => name.replace(/\/$/, '')),
    sizes: names.map(name => (isFolder(name) ? null : (files[name].size ?? 1))),
    mtimes: names.map(name => files[name].time ?? 1),
    flags: names.map(
      name => (isFolder(name) ? 1 : 0) | (files[name].isOffline ? 2 : 0)
    )
  };
  const hash = JSON.stringify(block);
  const end = { complete: true, count: names.length, hash };
  return { pieces: [JSON.stringify(block) + '\n', JSON.stringify(end)] };
}

/** What every folder holds unless a test says otherwise. */
const FOLDER = listing({
  'sub/': {},
  'a.h5': { size: 10, time: 30 },
  'b.txt': { size: 20, time: 10 },
  'run2.txt': { size: 5, time: 20 }
});

/** How a laboratory is furnished. */
export interface ILabOptions {
  /** Answers; null for what is answered as usual. */
  answer?(asked: IAsked): IAnswer | Promise<IAnswer> | null;
  /** The user's settings of ours. */
  settings?: object;
  /** The user's settings of JupyterLab's file browser. */
  theirs?: object;
  /** What is remembered from before a reload. */
  state?: StateDB;
  /** JupyterLab's file browser. */
  files?: ReturnType<typeof filesOf>;
  /** The words. */
  translator?: ITranslator;
}

/** Give the page what the plugins ask for, and start them as JupyterLab does. */
export async function lab(options: ILabOptions = {}) {
  const jobs: IJob[] = [];
  const server = serve(
    async asked => (await options.answer?.(asked)) ?? usual(asked, jobs)
  );
  const stream = new Signal<object, Event.Emission>({});
  const user = { ours: options.settings ?? {}, theirs: options.theirs ?? {} };
  const registry = registryOf(user);
  const state = options.state ?? new StateDB();
  const translator = options.translator ?? nullTranslator;
  const shell = newShell();
  const { app, manager, restore } = newApp(server.settings, stream, shell);
  const palette: string[] = [];
  const shown = {
    addItem: ({ command }: { command: string }) => palette.push(command)
  } as unknown as ICommandPalette;
  const factory = {
    tracker: { add: () => Promise.resolve() }
  } as unknown as IFileBrowserFactory;

  const files = (options.files ?? null) as unknown as FileBrowser | null;

  // Settings come from the server: all plugins are there before they are.
  const values = await settingsPlugin.activate(app, registry);
  const storage = await drivePlugin.activate(app, values);
  const transfers = await transfersPlugin.activate(app, values, translator);
  const panel = await browserPlugin.activate(
    ...([app, storage, transfers, values, manager] as const),
    ...([factory, null, state, translator] as const)
  );
  await commandsPlugin.activate(
    ...([app, panel, storage, transfers, values, manager] as const),
    ...([files, shown, translator, null] as const)
  );
  restore();
  await values.known;
  await settle();
  const { model, browser } = panel;
  const { rows } = browser;
  /** Draw what is to be drawn, and find the rows that are. */
  const drawn = (): HTMLElement[] => {
    MessageLoop.flush();
    return Array.from(rows.node.querySelectorAll('.jp-DirListing-item'));
  };
  return {
    ...{ app, panel, model, browser, rows, shell, palette, jobs, manager },
    ...{ state, stream, storage, transfers, drawn, options: values },
    ...{ asked: server.asked, commands: app.commands },
    /** The listings that were asked for, by their folders. */
    lists: () => listsOf(server.asked),
    /** The names of the rows. */
    names: () => model.shown.map(({ name }) => name),
    /** Show the panel, and wait until its first folder is listed. */
    show: async () => {
      shell.activateById(panel.id);
      await until(() => model.shown.length > 0);
      MessageLoop.flush();
      await until(() => panel.node.querySelector('.ctadata-Badge'));
      await until(() => panel.node.querySelector('input[type=search]'));
    },
    /** Select rows by their names. */
    select: async (...names: string[]) => {
      rows.clearSelectedItems();
      const record = Object.fromEntries(
        names.map(name => [`${model.path}/${name}`, true])
      );
      (rows as unknown as { selection: object }).selection = record;
      MessageLoop.flush();
    },
    /** The node of a row. */
    row: (name: string) =>
      drawn().find(node => node.dataset.ctadataName === name)!,
    /** Set one of our settings, as the settings' editor does. */
    set: async (key: string, value: unknown) => {
      await registry.set(settingsPlugin.id, key, value as string);
      await settle();
    },
    /** Take everything away. */
    dispose: () => {
      panel.dispose();
      transfers.jobs.dispose();
      storage.sources.dispose();
    }
  };
}

/** Such a JupyterLab, with what tests do in it. */
export type Lab = Awaited<ReturnType<typeof lab>>;

/** The dialog that is open, with its buttons; waits for it. */
export async function dialog(): Promise<{
  node: HTMLElement;
  press(label: string): void;
}> {
  const find = (): HTMLElement | null =>
    document.querySelector<HTMLElement>('.jp-Dialog');
  await until(() => find()?.querySelector('.jp-Dialog-header')?.textContent);
  const node = find()!;
  return {
    node,
    press: label => {
      const buttons = Array.from(node.querySelectorAll('button'));
      const button = buttons.find(one => one.textContent?.trim() === label);
      if (!button) {
        const labels = buttons.map(one => one.textContent);
        throw new Error(`No button ${label} among ${labels.join(', ')}`);
      }
      button.click();
    }
  };
}

/** Cancel the dialog that is open, if one is. */
export async function cancel(): Promise<void> {
  const escape = { keyCode: 27, key: 'Escape', bubbles: true };
  document
    .querySelector('.jp-Dialog')
    ?.dispatchEvent(new KeyboardEvent('keydown', escape));
  await until(() => !document.querySelector('.jp-Dialog'));
}

function listsOf(asked: IAsked[]): string[] {
  return asked
    .filter(({ path }) => path.includes('/listing/'))
    .map(({ path }) => path.slice('ctadata-jlab/listing/'.length));
}

/** What the server answers that has a queue of jobs, and the same files in every folder. */
function usual({ method, path, body }: IAsked, jobs: IJob[]): IAnswer {
  const [, route, id, ...rest] = path.split('?')[0].split('/');
  if (route === 'sources') {
    return { json: SOURCES };
  }
  if (route === 'listing') {
    return FOLDER;
  }
  if (route === 'jobs' && method === 'POST') {
    const request = body as IJobRequest;
    const job = { ...QUIET, ...request, id: `job-${jobs.length}` } as IJob;
    jobs.unshift(job);
    return { status: 201, json: job };
  }
  if (route === 'jobs' && method === 'PATCH') {
    const at = jobs.findIndex(job => job.id === id);
    const { action } = body as { action: string };
    const state = action === 'cancel' ? 'cancelled' : 'waiting';
    jobs[at] = { ...jobs[at], state, seq: jobs[at].seq + 1 };
    return { json: jobs[at] };
  }
  if (route === 'jobs') {
    return { json: id ? jobs.find(job => job.id === id) : jobs };
  }
  if (route === 'contents') {
    return { json: contentOf(decodeURIComponent([id, ...rest].join('/'))) };
  }
  return { json: route === 'kinds' ? [KIND] : {} };
}

const KIND = {
  ...{ name: 'webdav', title: 'WebDAV', address: 'https://…' },
  ...{ settings: [], login: 'token' }
};

/** What there is at a path: a file if its name has a dot. */
function contentOf(path: string): object {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const type = name.includes('.') ? 'file' : 'directory';
  return { ...file, name, path, type, content: null, format: null };
}

/** A job of which nothing is known but what was asked for. */
const QUIET = {
  ...(list[2] as unknown as IJob),
  ...{ state: 'waiting', seq: 0, files_done: 0, bytes_done: 0, to: null }
};

/** JupyterLab's registry with our schema, and as much of its browser's as there has to be. */
function registryOf(user: { ours: object; theirs: object }): SettingRegistry {
  const kept: Record<string, string> = {
    [settingsPlugin.id]: JSON.stringify(user.ours),
    [THEIRS]: JSON.stringify(user.theirs)
  };
  const { 'jupyter.lab.menus': _, ...ours } = schema as object as Record<
    string,
    object
  >;
  const schemas: Record<string, object> = {
    [settingsPlugin.id]: ours,
    [THEIRS]: { type: 'object', properties: {} }
  };
  return new SettingRegistry({
    connector: {
      fetch: async id => {
        await settle(); // it comes from the server
        return {
          id,
          schema: schemas[id] as ISettingRegistry.ISchema,
          data: { composite: {}, user: {} },
          raw: kept[id],
          version: '1'
        };
      },
      list: () => Promise.resolve({ ids: [], values: [] }),
      save: async (id: string, raw: string) => {
        kept[id] = raw;
      },
      remove: () => Promise.reject(new Error('not here'))
    }
  });
}

/** JupyterLab's sides and main area. */
function newShell() {
  const areas: Record<string, Widget[]> = { left: [], right: [], main: [] };
  const shell = {
    currentWidget: null as Widget | null,
    currentChanged: new Signal<object, object>({}),
    widgets: (area: string) => areas[area][Symbol.iterator](),
    add: (widget: Widget, area: string) => {
      for (const key of Object.keys(areas)) {
        areas[key] = areas[key].filter(one => one !== widget);
      }
      areas[area].push(widget);
      if (!widget.isAttached) {
        widget.hide();
        Widget.attach(widget, document.body);
      }
    },
    activateById: (id: string) => {
      const all = Object.values(areas).flat();
      all.find(widget => widget.id === id)?.show();
    },
    /** Bring a document to the front. */
    front: (widget: Widget) => {
      shell.currentWidget = widget;
      shell.currentChanged.emit({});
    }
  };
  return shell;
}

/** The application and the documents. */
function newApp(
  serverSettings: ReturnType<typeof serve>['settings'],
  stream: Signal<object, Event.Emission>,
  shell: ReturnType<typeof newShell>
) {
  const contents = new ContentsManager({ serverSettings });
  const services = {
    contents,
    serverSettings,
    events: { stream },
    sessions: {
      runningChanged: new Signal({}),
      running: () => [][Symbol.iterator]()
    },
    kernelspecs: { specs: null }
  };
  const opened: string[] = [];
  const paths = new Map<Widget, string>();
  const manager = {
    services,
    registry: new DocumentRegistry(),
    activateRequested: new Signal({}),
    opened,
    /** What documents the widgets show. */
    paths,
    openOrReveal: (path: string) => void opened.push(path),
    contextForWidget: (widget: Widget) => ({ path: paths.get(widget) }),
    newUntitled: (options: object) => contents.newUntitled(options),
    rename: (from: string, to: string) => contents.rename(from, to)
  };
  const commands = new CommandRegistry();
  let restore = (): void => undefined;
  const restored = new Promise<void>(resolve => (restore = resolve));
  const app = {
    commands,
    shell,
    restored,
    serviceManager: services,
    docRegistry: manager.registry,
    contextMenu: new ContextMenuSvg({ commands })
  };
  return {
    app: app as unknown as JupyterFrontEnd,
    manager: manager as unknown as IDocumentManager & {
      opened: string[];
      paths: Map<Widget, string>;
    },
    restore
  };
}
