import { Clipboard, Dialog, Notification } from '@jupyterlab/apputils';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { MessageLoop } from '@lumino/messaging';

import schema from '../../schema/plugin.json';
import { filesOf } from './files';
import { cancel, dialog } from './lab';
import type { Lab } from './lab';
import { settle, until } from './server';
import { leave, shown } from './shown';

jest.setTimeout(60_000);

/** All that the command palette lists, by what it is called where nothing is selected. */
const PALETTE: Record<string, string> = {
  'ctadata:show': 'Show Remote Storage',
  'ctadata:preview': 'Show the Beginning',
  'ctadata:details': 'Details',
  'ctadata:refresh': 'Refresh',
  'ctadata:go-up': 'Go Up',
  'ctadata:toggle-twin': 'Switch to dCache dev',
  'ctadata:login': 'Login…',
  'ctadata:filter': 'Filter Names',
  'ctadata:go-to': 'Go to Path…',
  'ctadata:reveal': 'Show in Its Folder',
  'ctadata:go-home': 'Go to My Folder',
  'ctadata:bookmark': 'Bookmark This Folder',
  'ctadata:tree': 'Show Folders as a Tree',
  'ctadata:add-source': 'Add a Storage…',
  'ctadata:download-here': 'Copy to “workspace/notes”',
  'ctadata:download-to-workspace': 'Copy to Workspace…',
  'ctadata:download-to-computer': 'Download to My Computer as Zip',
  'ctadata:stage': 'Bring to Disk (Stage)',
  'ctadata:upload': 'Upload…',
  'ctadata:upload-folder': 'Upload Folder…',
  'ctadata:upload-from-workspace': 'Copy to dCache…',
  'ctadata:new-folder': 'New Folder',
  'ctadata:new-file': 'New File',
  'ctadata:rename': 'Rename',
  'ctadata:move': 'Move…',
  'ctadata:cut': 'Cut',
  'ctadata:copy': 'Copy',
  'ctadata:paste': 'Paste',
  'ctadata:delete': 'Delete…',
  'ctadata:copy-path': 'Copy Path',
  'ctadata:insert-code': 'Insert Code in Notebook',
  'ctadata:copy-code': 'Copy Code for a Notebook',
  'ctadata:use-in-notebook': 'Use in Notebook…',
  'ctadata:run-service': 'Run on a Service…',
  'ctadata:service-runs': 'Runs of Services…'
};

/** What a command needs to be selected, and what it then does on the panel; JSON where it is compared. */
interface IRun {
  selected?: string[];
  does(lab: Lab): unknown;
  then: unknown;
}

/** The dialog that a command opens. */
const asks = async (): Promise<string> => {
  const { node } = await dialog();
  const title = node.querySelector('.jp-Dialog-header')?.textContent ?? '';
  await cancel();
  return title;
};

/** The transfer that a command begins. */
const begins = async ({ jobs }: Lab): Promise<unknown> => {
  await until(() => jobs.length > 0);
  const { kind, from, to } = jobs[0];
  return [kind, from.paths?.join(), to && `${to.source}:${to.path}`];
};

/** Whether the system asks the user for files. */
const picks = (isFolder: boolean) => () => {
  const input = document.querySelector<HTMLInputElement>('.ctadata-fileInput');
  input?.remove();
  return input?.webkitdirectory === isFolder;
};

const RUNS: Record<string, IRun> = {
  'ctadata:show': { does: ({ panel }) => panel.isVisible, then: true },
  'ctadata:preview': {
    selected: ['b.txt'],
    does: async ({ shell }) => {
      await until(() => Array.from(shell.widgets('main')).length);
      return Array.from(shell.widgets('main'), ({ title }) => title.label);
    },
    then: ['b.txt']
  },
  'ctadata:details': { selected: ['b.txt'], does: asks, then: 'b.txt' },
  'ctadata:refresh': {
    does: async ({ lists }) => {
      await until(() => lists().length > 1);
      return lists().pop();
    },
    then: 'dcache/lst?fresh=1'
  },
  'ctadata:go-up': {
    does: async ({ model }) => {
      await until(() => model.place.path === '/');
      return model.place.source;
    },
    then: 'dcache'
  },
  'ctadata:toggle-twin': {
    does: async ({ model }) => {
      await until(() => model.place.source === 'dcache-dev');
      return model.place.path;
    },
    then: '/lst'
  },
  'ctadata:login': { does: asks, then: 'Login to dCache' },
  'ctadata:filter': {
    does: () => document.activeElement?.getAttribute('role'),
    then: 'searchbox'
  },
  'ctadata:go-to': { does: asks, then: 'Go to Path' },
  'ctadata:reveal': {
    selected: ['b.txt'],
    does: async ({ model }) =>
      new Promise(resolve =>
        model.located.connect((_, name) => resolve([model.place.path, name]))
      ),
    then: ['/lst', 'b.txt']
  },
  'ctadata:go-home': {
    does: async ({ model, lists }) => {
      await until(() => lists().length > 1);
      return model.place.path;
    },
    then: '/lst'
  },
  'ctadata:bookmark': {
    does: async ({ options, commands }) => {
      await until(() => options.values.bookmarks.length);
      return [options.values.bookmarks, commands.label('ctadata:bookmark')];
    },
    then: [['dcache/lst'], 'Remove the Bookmark of This Folder']
  },
  'ctadata:tree': {
    does: async ({ model, commands }) => {
      await until(() => model.isTree);
      return commands.label('ctadata:tree');
    },
    then: 'Show One Folder'
  },
  'ctadata:add-source': { does: asks, then: 'Add a Storage' },
  'ctadata:download-here': {
    selected: ['a.h5'],
    does: begins,
    then: ['download', '/lst/a.h5', 'local:/notes']
  },
  'ctadata:download-to-workspace': {
    selected: ['a.h5'],
    does: begins,
    then: ['download', '/lst/a.h5', 'local:/elsewhere']
  },
  'ctadata:download-to-computer': {
    selected: ['sub'],
    does: async ({ asked }) => {
      const isIt = ({ path }: { path: string }) => path.endsWith('/handles');
      await until(() => asked.some(isIt));
      return asked.find(isIt)?.body;
    },
    then: { source: 'dcache', paths: ['/lst/sub'] }
  },
  'ctadata:stage': {
    selected: ['a.h5', 'sub'],
    does: begins,
    then: ['stage', '/lst/sub,/lst/a.h5', null]
  },
  'ctadata:upload': { does: picks(false), then: true },
  'ctadata:upload-folder': { does: picks(true), then: true },
  'ctadata:upload-from-workspace': {
    does: asks,
    then: 'Copy 1 selected item'
  },
  'ctadata:new-folder': {
    does: async ({ asked }) => {
      await until(() => asked.some(({ method }) => method === 'POST'));
      const { path, body } = asked.find(({ method }) => method === 'POST')!;
      return [path, body];
    },
    then: ['ctadata-jlab/contents/dcache/lst', { type: 'directory' }]
  },
  'ctadata:new-file': {
    does: async ({ asked }) => {
      await until(() => asked.some(({ method }) => method === 'POST'));
      const { path, body } = asked.find(({ method }) => method === 'POST')!;
      return [path, body];
    },
    then: ['ctadata-jlab/contents/dcache/lst', { type: 'file', ext: '.txt' }]
  },
  'ctadata:rename': {
    selected: ['b.txt'],
    does: async ({ rows }) => {
      await settle(5);
      const box = rows.node.querySelector<HTMLInputElement>(
        'input.jp-DirListing-editor'
      );
      const text = box?.value;
      box?.blur();
      return text;
    },
    then: 'b.txt'
  },
  'ctadata:move': {
    selected: ['a.h5', 'b.txt'],
    does: asks,
    then: 'Move 2 selected items'
  },
  'ctadata:cut': {
    selected: ['a.h5'],
    does: ({ commands }) => commands.isEnabled('ctadata:paste'),
    then: true
  },
  'ctadata:copy': {
    selected: ['a.h5'],
    does: ({ commands }) => commands.isEnabled('ctadata:paste'),
    then: true
  },
  'ctadata:paste': {
    does: begins,
    then: ['copy', '/lst/a.h5', 'dcache:/lst']
  },
  'ctadata:delete': {
    selected: ['a.h5'],
    does: asks,
    then: 'Delete 1 item?'
  },
  'ctadata:copy-path': {
    selected: ['sub', 'a.h5'],
    does: () => jest.mocked(Clipboard.copyToSystem).mock.calls.flat(),
    then: ['/lst/sub\n/lst/a.h5']
  },
  'ctadata:copy-code': {
    selected: ['b.txt'],
    does: () => jest.mocked(Clipboard.copyToSystem).mock.calls.flat().length,
    then: 1
  }
};

describe('The commands', () => {
  let laboratory: Lab;

  beforeEach(async () => {
    jest.spyOn(Clipboard, 'copyToSystem').mockReturnValue();
    jest.spyOn(Notification, 'info').mockReturnValue('');
    jest.spyOn(FileDialog, 'getExistingDirectory').mockResolvedValue({
      button: Dialog.okButton(),
      isChecked: null,
      value: [{ path: 'elsewhere' } as Contents.IModel]
    });
    HTMLInputElement.prototype.click = () => undefined;
    laboratory = await shown({ files: filesOf('notes/x.txt') });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await leave();
  });

  it('should be in the palette, by names that say what they do', () => {
    const { palette, commands } = laboratory;
    const labels = palette.map(id => [id, commands.label(id)]);
    expect(Object.fromEntries(labels)).toMatchObject(PALETTE);
    expect(labels.filter(([, label]) => !label)).toEqual([]);
    expect(new Set(palette).size).toBe(palette.length);
  });

  it('should be there for every entry of a menu and every key', () => {
    const { commands } = laboratory;
    const menus = schema['jupyter.lab.menus'].context;
    const named = [...menus, ...schema['jupyter.lab.shortcuts']]
      .map(entry => ('command' in entry ? entry.command : undefined))
      .filter(id => id !== undefined);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(id => !commands.hasCommand(id as string))).toEqual([]);
    expect(named.filter(id => !commands.label(id as string))).toEqual([]);
  });

  it('should be grey where they can do nothing', () => {
    const { palette, commands } = laboratory;
    const needy = Object.keys(RUNS).filter(id => RUNS[id].selected);
    const grey = palette.filter(id => !commands.isEnabled(id));
    const without = ['insert-code', 'use-in-notebook', 'run-service', 'paste'];
    expect(grey).toEqual(
      expect.arrayContaining([...needy, ...without.map(id => `ctadata:${id}`)])
    );
    const free = Object.keys(RUNS).filter(id => !RUNS[id].selected);
    const able = free.filter(id => id !== 'ctadata:paste');
    expect(able.filter(id => grey.includes(id))).toEqual([]);
  });

  it.each(Object.entries(RUNS))(
    '%s should work on what the panel shows',
    async (id, { selected = [], does, then }) => {
      const { commands, select } = laboratory;
      if (id === 'ctadata:paste') {
        await select('a.h5');
        await commands.execute('ctadata:copy');
      }
      await select(...selected);
      expect(commands.isEnabled(id)).toBe(true);
      commands.execute(id).catch(() => undefined);
      expect(await does(laboratory)).toEqual(then);
    }
  );

  it('should lead to the user’s own folder from wherever one is, in the storage that is shown', async () => {
    const { commands, model } = laboratory;
    await model.open({ source: 'dcache', path: '/else/where' });
    await commands.execute('ctadata:go-home');
    expect(model.place).toEqual({ source: 'dcache', path: '/lst' });
    await model.open({ source: 'dcache-dev', path: '/lst' });
    await commands.execute('ctadata:go-home');
    expect(model.place).toEqual({ source: 'dcache-dev', path: '/' });
  });

  it('should all be known to do something', () => {
    // Those without a notebook or a service here have specs of their own.
    const elsewhere = [
      ...['insert-code', 'use-in-notebook', 'run-service', 'service-runs']
    ].map(id => `ctadata:${id}`);
    expect([...Object.keys(RUNS), ...elsewhere].sort()).toEqual(
      Object.keys(PALETTE).sort()
    );
  });

  describe('the keys', () => {
    /** Press a key where JupyterLab would hear it; whether somebody took it. */
    function press(at: Element, key: string, keyCode: number, isCtrl = false) {
      const { commands } = laboratory;
      const event = new KeyboardEvent('keydown', {
        ...{ key, keyCode, ctrlKey: isCtrl, bubbles: true, cancelable: true }
      });
      const hear = (heard: Event): void =>
        commands.processKeydownEvent(heard as KeyboardEvent);
      document.addEventListener('keydown', hear, true);
      at.dispatchEvent(event);
      document.removeEventListener('keydown', hear, true);
      MessageLoop.flush();
      return event.defaultPrevented;
    }

    beforeEach(() => {
      const { commands } = laboratory;
      for (const { command, keys, selector } of schema[
        'jupyter.lab.shortcuts'
      ]) {
        commands.addKeyBinding({ command, keys, selector });
      }
    });

    it.each([
      ['a row', '.jp-DirListing-itemText'],
      ['the list', '.jp-DirListing-content'],
      ['the header', '.ctadata-Badge'],
      ['the transfers', '.ctadata-Transfers']
    ])('Ctrl+F in %s should go to the filter', (_, selector) => {
      const { panel } = laboratory;
      const at = panel.node.querySelector(selector)!;
      expect(press(at, 'f', 70, true)).toBe(true);
      const box = panel.node.querySelector('input[type=search]');
      expect(document.activeElement).toBe(box);
    });

    it('Ctrl+F should show the filter if it is not shown, and select what is in it', async () => {
      const { panel, set, model } = laboratory;
      const box =
        panel.node.querySelector<HTMLInputElement>('input[type=search]')!;
      await set('showFileFilter', false);
      expect(box.closest('.lm-mod-hidden')).not.toBeNull();
      press(panel.node.querySelector('.ctadata-Badge')!, 'f', 70, true);
      expect(box.closest('.lm-mod-hidden')).toBeNull();
      expect(model.filter.text).toBe('');
    });

    it('Ctrl+F should be the browser’s elsewhere', () => {
      expect(press(document.body, 'f', 70, true)).toBe(false);
    });

    it.each(['.jp-DirListing-itemText', '.jp-DirListing-content'])(
      'Backspace in %s should go up, and not in a field',
      async selector => {
        const { panel, model } = laboratory;
        press(panel.node.querySelector('input[type=search]')!, 'Backspace', 8);
        await settle(5);
        expect(model.place.path).toBe('/lst');
        press(panel.node.querySelector(selector)!, 'Backspace', 8);
        await until(() => model.place.path === '/');
      }
    );
  });
});
