import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { VirtualDirListing } from '../widgets/listing';
import { cancel, dialog, listing } from './lab';
import type { Lab } from './lab';
import { make } from './making';
import type { IAnswer } from './server';
import { settle, until } from './server';
import { leave, shown } from './shown';

/** What JupyterLab keeps to itself. */
interface IInside {
  _editNode: HTMLInputElement;
  _sortedItems: { path: string }[];
  _focusIndex: number;
  _selectItem(index: number, keep: boolean, focus?: boolean): void;
}

const ROOT = 'ctadata:dcache/lst';

/** A folder of one file and of folders, all called as in the others. */
function folder(): IAnswer {
  const block = {
    names: ['b', 'c', 'data.fits'],
    sizes: [null, null, 1],
    mtimes: [null, null, 1],
    flags: [1, 1, 0]
  };
  const end = { complete: true, count: 3, hash: '' };
  return { pieces: [JSON.stringify(block) + '\n', JSON.stringify(end)] };
}

describe('Rows of one name in several folders', () => {
  let list: VirtualDirListing;

  afterEach(() => list.dispose());

  async function unfolded() {
    const { model, manager, lists } = await make(folder);
    list = new VirtualDirListing({ model });
    Widget.attach(list, document.body);
    await model.open({ source: 'dcache', path: '/lst' });
    model.isTree = true;
    for (const name of ['b', 'c']) {
      const path = `${ROOT}/${name}`;
      await model.toggle(model.shown.find(row => row.path === path)!);
    }
    MessageLoop.flush();
    const core = list as unknown as IInside;
    const select = (path: string, keep = false, focus = true): void => {
      const index = core._sortedItems.findIndex(
        row => row.path === `${ROOT}/${path}`
      );
      core._selectItem(index, keep, focus);
      MessageLoop.flush();
    };
    const selected = (): string[] =>
      Array.from(list.selectedItems(), ({ path }) =>
        path.slice(ROOT.length + 1)
      );
    const renames: string[][] = [];
    let finish = (): void => undefined;
    const slow = new Promise<void>(resolve => (finish = resolve));
    manager.rename = (from, to) => {
      renames.push([from, to].map(path => path.slice(ROOT.length + 1)));
      return slow.then(() => ({}) as never);
    };
    const editor = core._editNode;
    const type = (name: string): void => {
      expect(editor.isConnected).toBe(true);
      editor.value = name;
      editor.blur();
    };
    return { model, core, select, selected, renames, finish, type, lists };
  }

  it('should select the one of the folder that is shown', async () => {
    const { select, selected } = await unfolded();
    select('b/data.fits');
    expect(list.isSelected('data.fits')).toBe(false);
    await list.selectItemByName('data.fits');
    expect(selected()).toEqual(['data.fits']);
    expect(list.isSelected('data.fits')).toBe(true);
  });

  it('should stay selected after its name was left as it is', async () => {
    const { select, selected, type } = await unfolded();
    select('c/data.fits');
    const renamed = list.rename();
    type('data.fits');
    await renamed;
    expect(selected()).toEqual(['c/data.fits']);
  });

  it('should be renamed one after the other', async () => {
    const { model, select, renames, finish, type } = await unfolded();
    select('b/data.fits');
    const renamed = list.rename();
    type('new.fits');
    await settle();
    select('c/data.fits');
    expect(await list.rename()).toBe('');
    finish();
    await renamed;
    expect(list.model).toBe(model);
    const another = list.rename();
    type('other.fits');
    await another;
    expect(renames).toEqual([
      ['b/data.fits', 'b/new.fits'],
      ['c/data.fits', 'c/other.fits']
    ]);
  });

  it('should leave the list where it is, and free to go, while one is renamed', async () => {
    const { model, select, selected, finish, type, lists } = await unfolded();
    select('b/data.fits');
    const renamed = list.rename();
    type('new.fits');
    await settle();
    await list.selectItemByName('data.fits');
    expect(selected()).toEqual(['data.fits']);
    const before = lists().length;
    await list.goUp();
    expect(model.path).toBe('ctadata:dcache');
    expect(lists()).toHaveLength(before + 1);
    finish();
    await renamed;
  });

  it('should keep its name, half typed, if another folder is shown meanwhile', async () => {
    const { model, core, select, selected, renames } = await unfolded();
    select('c/data.fits');
    const renamed = list.rename();
    core._editNode.value = 'da';
    await model.cd('b'); // as one that comes late, with a file of that name
    MessageLoop.flush();
    expect(await renamed).toBe('data.fits');
    expect(renames).toEqual([]);
    expect(list.model).toBe(model);
    expect(core._editNode.isConnected).toBe(false);
    expect(selected()).toEqual([]);
    MessageLoop.flush();
    expect(list.node.textContent).toContain('data.fits');
    const named = core._sortedItems.map(({ path }) => path);
    expect(named).toEqual(model.shown.map(({ path }) => path));
  });

  it('should be renamed where it lies, though rows come and go around it while its name is typed', async () => {
    const { model, core, select, renames, finish, type } = await unfolded();
    select('c/data.fits');
    const renamed = list.rename();
    core._editNode.value = 'ne';
    const row = core._editNode.closest<HTMLElement>('[data-ctadata-path]');
    await model.toggle(model.shown.find(({ name }) => name === 'b')!);
    MessageLoop.flush();
    expect(core._editNode.isConnected).toBe(true);
    expect(row?.dataset.ctadataPath).toBe(`${ROOT}/c/data.fits`);
    type('new.fits');
    finish();
    await renamed;
    expect(renames).toEqual([['c/data.fits', 'c/new.fits']]);
    const named = core._sortedItems.map(({ path }) => path);
    expect(named).toEqual(model.shown.map(({ path }) => path)); // none of what b held
    expect(named).not.toContain(`${ROOT}/b/data.fits`);
  });

  it('should show what has waited, though no name was changed', async () => {
    const { model, core, select, type, lists } = await unfolded();
    select('data.fits');
    const renamed = list.rename();
    list.clearSelectedItems(); // as by a click beside the rows
    await model.toggle(model.shown.find(({ name }) => name === 'b')!);
    const before = lists().length;
    type('data.fits');
    await renamed;
    const named = core._sortedItems.map(({ path }) => path);
    expect(named).not.toContain(`${ROOT}/b/data.fits`);
    expect(lists()).toHaveLength(before);
  });

  it('should rename the one that was selected last', async () => {
    const { core, select, renames, finish, type } = await unfolded();
    select('c/data.fits');
    select('b/data.fits', true, false);
    core._focusIndex = 0;
    const renamed = list.rename();
    type('new.fits');
    finish();
    await renamed;
    expect(renames).toEqual([['b/data.fits', 'b/new.fits']]);
  });

  it('should be renamed even after that went wrong', async () => {
    const { select, renames, finish, type } = await unfolded();
    list.clearSelectedItems();
    (list as unknown as { selection: object }).selection = {
      [`${ROOT}/b/gone`]: true
    };
    await expect(list.rename()).rejects.toThrow();
    select('data.fits');
    const renamed = list.rename();
    type('new.fits');
    finish();
    await renamed;
    expect(renames).toEqual([['data.fits', 'new.fits']]);
  });
});

describe('A name with a colon', () => {
  const NAME = 'run 12:30:05.txt';
  let laboratory: Lab;

  beforeEach(async () => {
    laboratory = await shown({
      answer: ({ path }) =>
        path.includes('/listing/')
          ? listing({ [NAME]: {}, 'plain.txt': {} })
          : null
    });
  });

  afterEach(leave);

  /** Rename a row by typing; what was asked of the server. */
  async function rename(name: string, to: string): Promise<unknown[]> {
    const { select, rows, asked } = laboratory;
    await select(name);
    const renamed = rows.rename();
    const editor = (rows as unknown as IInside)._editNode;
    expect(editor.value).toBe(name);
    editor.value = to;
    editor.blur();
    await renamed.catch(() => undefined); // the listing here stays as it is
    return asked
      .filter(({ method }) => method === 'PATCH')
      .map(({ path, body }) => [path, body]);
  }

  it('should be changed into one without', async () => {
    expect(await rename(NAME, 'run 12.txt')).toEqual([
      [
        'ctadata-jlab/contents/dcache/lst/run%2012%3A30%3A05.txt',
        { path: 'dcache/lst/run 12.txt' }
      ]
    ]);
  });

  it('should not be given, which JupyterLab could not open, and it should be said so', async () => {
    expect(await rename('plain.txt', 'a:b.txt')).toEqual([]);
    const { node } = await dialog();
    expect(node.textContent).toContain('"a:b.txt" is not a valid name');
    await cancel();
    expect(laboratory.names()).toEqual(['plain.txt', NAME]);
  });

  it('should be opened, and taken away, as it is', async () => {
    const { commands, select, manager, jobs } = laboratory;
    await select(NAME);
    await commands.execute('ctadata:open');
    expect(manager.opened).toEqual([`ctadata:dcache/lst/${NAME}`]);
    await commands.execute('ctadata:download-here');
    await until(() => jobs.length);
    expect(jobs[0].from.paths).toEqual([`/lst/${NAME}`]);
  });
});
