import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard } from '@jupyterlab/apputils';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { ContextMenuSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';

import type { CommandContext } from '../commands/context';
import { open } from '../commands/open';
import { addOpenWith, viewersFor } from '../commands/openwith';
import { tapeCommands } from '../commands/tape';
import { settle } from './server';

/** A file as the list shows it. */
function file(name: string, size = 5): Contents.IModel {
  const path = `ctadata:dcache/lst/${name}`;
  return { name, path, size, type: 'file' } as Contents.IModel;
}

/** Commands' surroundings that note what is opened, with a notebook of one empty cell or none. */
function setUp(hasNotebook = false, stages = true) {
  const opened: unknown[][] = [];
  const started: unknown[] = [];
  const node = document.createElement('div');
  let source = '';
  const cell = {
    node,
    model: {
      type: 'code',
      sharedModel: {
        getSource: () => source,
        setSource: (text: string) => (source = text)
      }
    }
  };
  const notebook = {
    content: {
      ...{ node, widgets: [cell], activeCellIndex: 0 },
      model: { sharedModel: { insertCell: () => undefined } }
    }
  };
  const context = {
    trans: nullTranslator.load(''),
    newCommands: () => new CommandRegistry(),
    current: hasNotebook ? notebook : null,
    documents: () => [],
    panel: {
      node,
      browser: { rows: { node } },
      model: { cd: async (path: string) => opened.push(['cd', path]) },
      current: { traits: { stages } }
    },
    selection: [] as Contents.IModel[],
    start: async (request: unknown) => started.push(request),
    drive: { openLimit: 10 },
    options: { values: { snippets: [{ name: 'r', pattern: '*', code: 'x' }] } },
    sources: { find: () => undefined },
    docManager: { openOrReveal: (...args: unknown[]) => opened.push(args) }
  } as unknown as CommandContext;
  return { context, opened, started, code: () => source };
}

/** The buttons of the dialog that is open, by what they say. */
function buttons(): Map<string, HTMLButtonElement> {
  const all = document.querySelectorAll<HTMLButtonElement>(
    '.jp-Dialog-footer button'
  );
  return new Map(Array.from(all, one => [one.textContent ?? '', one]));
}

describe('opening', () => {
  it('should leave the choice of the viewer to JupyterLab, or take the user’s', async () => {
    const { context, opened } = setUp();
    await open(context, file('a.md'));
    await open(context, file('a.md'), 'Markdown Preview');
    expect(opened).toEqual([
      ['ctadata:dcache/lst/a.md', undefined],
      ['ctadata:dcache/lst/a.md', 'Markdown Preview']
    ]);
  });

  it.each([undefined, 'Editor'])(
    'should not open what is too large, be it with %p',
    async factory => {
      const { context, opened } = setUp();
      const over = open(context, file('a.md', 11), factory);
      await settle(1);
      expect([...buttons().keys()]).toEqual([
        ...['Cancel', 'Copy Code', 'Show the Beginning', 'Copy to Workspace…']
      ]);
      buttons().get('Cancel')?.click();
      await over;
      expect(opened).toEqual([]);
    }
  );

  it('should offer code instead: in the notebook that is open', async () => {
    const { context, code } = setUp(true);
    const over = open(context, file('large.bin', 11));
    await settle(1);
    buttons().get('Insert Code')?.click();
    await over;
    document
      .querySelector('.lm-Menu')
      ?.dispatchEvent(new KeyboardEvent('keydown', { keyCode: 13 }));
    await settle(1);
    expect(code().trim()).toBe('x');
  });

  it('should offer code instead: in the clipboard, where no notebook is open', async () => {
    const { context } = setUp();
    const copied = jest
      .spyOn(Clipboard, 'copyToSystem')
      .mockImplementation(() => undefined);
    const over = open(context, file('large.bin', 11));
    await settle(1);
    buttons().get('Copy Code')?.click();
    await over;
    expect(copied).toHaveBeenCalledWith(expect.stringContaining('x'));
    copied.mockRestore();
  });
});

describe('a file on tape', () => {
  const onTape = { ...file('old.md'), ctadata: { online: false } };

  it.each([undefined, 'Editor'])(
    'should not be opened, be it with %p, but brought to disk',
    async factory => {
      const { context, opened, started } = setUp();
      const over = open(context, onTape, factory);
      await settle(1);
      expect([...buttons().keys()]).toEqual([
        ...['Cancel', 'Bring to Disk', 'Copy to Workspace…']
      ]);
      buttons().get('Bring to Disk')?.click();
      await over;
      expect(opened).toEqual([]);
      expect(started).toEqual([
        { kind: 'stage', from: { source: 'dcache', paths: ['/lst/old.md'] } }
      ]);
    }
  );

  it('should not be promised to come where nothing is brought, but copied when it has come', async () => {
    const { context } = setUp(false, false);
    const over = open(context, onTape);
    await settle(1);
    expect([...buttons().keys()]).toEqual(['Cancel', 'Copy to Workspace…']);
    const text = document.querySelector('.jp-Dialog')?.textContent;
    expect(text).toContain('“old.md” is not on disk yet.');
    expect(text).not.toMatch(/tape/i);
    buttons().get('Cancel')?.click();
    await over;
  });

  it('should have the command for it, which is grey for what is on disk', () => {
    const may = (stages: boolean, ...selection: Contents.IModel[]) => {
      const { context } = setUp(false, stages);
      Object.assign(context, { selection });
      const [command] = tapeCommands(context);
      return [command.isVisible?.(), command.isEnabled?.()];
    };
    const folder = { ...file('d'), type: 'directory' };
    expect(may(true, onTape)).toEqual([true, true]);
    expect(may(true, file('a'), onTape)).toEqual([true, true]);
    expect(may(true, folder)).toEqual([true, true]);
    expect(may(true, file('a'))).toEqual([true, false]);
    expect(may(true)).toEqual([true, false]);
    expect(may(false, onTape)).toEqual([false, true]);
  });
});

describe('Open With', () => {
  /** JupyterLab's registry with three viewers. */
  function registry(): DocumentRegistry {
    const all = new DocumentRegistry({ textModelFactory: undefined });
    const factory = (name: string, fileTypes: string[], defaultFor: string[]) =>
      all.addWidgetFactory({
        ...{ name, fileTypes, defaultFor, label: name, modelName: 'text' },
        ...{ isDisposed: false, dispose: () => undefined }
      } as unknown as DocumentRegistry.WidgetFactory);
    factory('Editor', ['*'], ['*']);
    factory('Markdown Preview', ['markdown'], []);
    factory('CSV Viewer', ['csv'], ['csv']);
    return all;
  }

  it('should offer what opens all of the files, the default first', () => {
    const names = (...files: string[]): string[] =>
      viewersFor(registry(), files).map(({ name }) => name);
    expect(names('a.md')).toEqual(['Editor', 'Markdown Preview']);
    expect(names('a.csv')).toEqual(['CSV Viewer', 'Editor']);
    expect(names('a.csv', 'b.md')).toEqual(['Editor']);
    expect(names()).toEqual([]);
  });

  /** The menu of files, opened where some are selected: what it offers in "Open With", and of whom it takes that. */
  function menuFor(...selection: Contents.IModel[]) {
    const { context, opened } = setUp();
    const known = registry();
    Object.assign(context, { selection });
    Object.assign(context.docManager, { registry: known });
    const commands = new CommandRegistry();
    commands.addCommand('other', {
      execute: () => undefined,
      describedBy: { args: {} }
    });
    const contextMenu = new ContextMenuSvg({ commands });
    addOpenWith({ commands, contextMenu } as JupyterFrontEnd, context);
    contextMenu.addItem({ command: 'other', selector: '.ctadata-Browser' });
    document.body.innerHTML =
      '<div class="ctadata-Browser"><p class="jp-DirListing-item" data-ctadata-kind="file"></p></div>';
    contextMenu.opened.connect(() => contextMenu.menu.close());
    const event = new MouseEvent('contextmenu', { bubbles: true });
    const row = document.querySelector('p')!;
    const hear = (): boolean => contextMenu.open(event);
    document.body.addEventListener('contextmenu', hear, { once: true });
    row.dispatchEvent(event);
    const { items } = contextMenu.menu;
    const entry = items.find(({ submenu }) => submenu !== null);
    const offered = entry?.submenu?.items.map(({ label }) => label) ?? null;
    return { commands, opened, offered, rest: items.length - (entry ? 1 : 0) };
  }

  const folder = { ...file('night.csv'), type: 'directory' } as Contents.IModel;

  it('should leave the folders of a selection alone', async () => {
    const { commands, offered, opened } = menuFor(folder, file('a.md'));
    expect(offered).toEqual(['Editor', 'Markdown Preview']);
    await commands.execute('ctadata:open-with', { factory: 'Editor' });
    expect(opened).toEqual([['ctadata:dcache/lst/a.md', 'Editor']]);
  });

  it('should not be in the menu where nothing opens all of the files', () => {
    expect(menuFor(file('a.md'), file('b.csv'))).toMatchObject({
      ...{ offered: ['Editor'], rest: 1 }
    });
    expect(menuFor(folder)).toMatchObject({ offered: null, rest: 1 });
  });
});
