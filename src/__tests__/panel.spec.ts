import { DirListing } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { filterOf } from '../filter';
import type { CtaModel } from '../model';
import { VirtualDirListing } from '../widgets/listing';
import error from '../../tests/fixtures/wire/error.json';
import { make, rows } from './making';
import { settle } from './server';
import type { IAnswer } from './server';

// Ten thousand rows in a page that is none take a while on a machine with other work.
jest.setTimeout(60_000);

const names = (model: CtaModel): string[] =>
  Array.from(model.items(), item => item.name);

describe('CtaModel', () => {
  it('should show a place and move below it', async () => {
    const { model, lists } = await make(() => rows(1));
    await model.open({ source: 'dcache', path: '/lst' });
    expect(model.path).toBe('ctadata:dcache/lst');
    expect(names(model)).toEqual(['sub', 'f0.h5']);
    await model.cd('sub');
    expect(model.place).toEqual({ source: 'dcache', path: '/lst/sub' });
    await model.cd('..');
    expect(model.path).toBe('ctadata:dcache/lst');
    expect(lists()).toHaveLength(3);
  });

  it.each([
    ['..', '/'],
    ['../../..', '/'],
    ['/', '/'],
    ['/dcache/x', '/x'],
    ['ctadata:dcache/x', '/x'],
    ['/elsewhere/x', '/elsewhere/x'],
    ['/dcache/../../x', '/x']
  ])('should stay in its source for %p', async (path, expected) => {
    const { model } = await make(() => rows(1));
    await model.open({ source: 'dcache', path: '/a' });
    await model.cd(path);
    expect(model.place).toEqual({ source: 'dcache', path: expected });
  });

  it('should keep the old listing and tell why, if a folder fails', async () => {
    const { model, failures } = await make(({ path }) =>
      path.endsWith('/nope') ? { status: 404, json: error } : rows(2)
    );
    await model.open({ source: 'dcache', path: '/' });
    await model.cd('nope');
    expect(model.path).toBe('ctadata:dcache');
    expect(names(model)).toEqual(['sub', 'f0.h5', 'f1.h5']);
    expect(failures).toEqual([null, 'NotFound']);
  });

  it('should keep the old listing if a refresh is cut short', async () => {
    let answer = rows(2);
    const { model, failures } = await make(() => answer);
    await model.open({ source: 'dcache', path: '/' });
    answer = { pieces: [rows(1).pieces?.[0] ?? ''] };
    await model.refresh();
    expect(names(model)).toEqual(['sub', 'f0.h5', 'f1.h5']);
    expect(failures).toEqual([null, 'BadAnswer']);
  });

  it('should go to another source even if it cannot be read', async () => {
    const { model, failures } = await make(({ path }) =>
      path.includes('/local') ? { status: 403, json: error } : rows(2)
    );
    await model.open({ source: 'dcache', path: '/' });
    await model.open({ source: 'local', path: '/' });
    expect(model.path).toBe('ctadata:local');
    expect(names(model)).toEqual([]);
    expect(failures).toEqual([null, 'NotFound']);
  });

  it('should show where the user went last, not what answers last', async () => {
    const { model } = await make(async ({ path }) => {
      await settle(path.endsWith('/slow') ? 30 : 1);
      return rows(1, path.endsWith('/slow') ? 100 : 0);
    });
    await model.open({ source: 'dcache', path: '/' });
    const slow = model.cd('slow');
    await model.cd('/dcache/quick');
    await slow;
    await settle(40);
    expect(model.place.path).toBe('/quick');
    expect(names(model)).toEqual(['sub', 'f0.h5']);
  });

  it('should not ask the server to filter', async () => {
    const { model, lists } = await make(() => rows(20));
    await model.open({ source: 'dcache', path: '/' });
    model.setFilter(item => (item.name.startsWith('f1') ? {} : null));
    await settle(5);
    expect(names(model)).toHaveLength(11);
    expect(lists()).toHaveLength(1);
  });

  it('should say why it shows nothing, once it knows', async () => {
    let count = 0;
    const { model } = await make(() => {
      const end = { complete: true, count: 0, hash: '' };
      return count ? rows(count) : { pieces: [JSON.stringify(end)] };
    });
    expect(model.emptiness).toBeNull();
    const opened = model.open({ source: 'dcache', path: '/' });
    expect(model.emptiness).toBeNull();
    await opened;
    expect(model.emptiness).toBe('empty');
    count = 2;
    await model.refresh();
    expect(model.emptiness).toBeNull();
    model.setFilter(() => null);
    await settle(5);
    expect(model.emptiness).toBe('filtered');
  });

  it('should list again what is old when the user comes back, if it is seen', async () => {
    const { model, lists } = await make(() => rows(1));
    await model.open({ source: 'dcache', path: '/lst' });
    model.look();
    await settle(5);
    expect(lists()).toHaveLength(1);
    const later = Date.now() + 31_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(later);
    model.isShown = () => false;
    model.look();
    model.isShown = () => true;
    model.look();
    await settle(5);
    clock.mockRestore();
    expect(lists()).toHaveLength(2);
  });

  it('should ask nothing while it is not seen, and list when the user comes back', async () => {
    const { model, drive, lists } = await make(() => rows(1));
    await model.open({ source: 'dcache', path: '/lst' });
    model.isShown = () => false;
    await model.refresh();
    drive.touch('dcache/lst');
    await settle(5);
    expect(lists()).toHaveLength(1);
    model.isShown = () => true;
    model.look();
    await settle(5);
    expect(lists()).toHaveLength(2);
    model.look();
    await settle(5);
    expect(lists()).toHaveLength(2);
  });

  it('should show what a search finds until the folder is shown again', async () => {
    const line = (value: object): string => JSON.stringify(value) + '\n';
    const { model, lists } = await make(({ path }) =>
      path.includes('/search/')
        ? {
            pieces: [
              line({
                ...{ names: ['x.h5'], sizes: [1], mtimes: [1], flags: [0] },
                ...{ folders: ['deep/er'], searched: 2 }
              }),
              line({
                ...{ complete: true, count: 1, hash: '', searched: 7 },
                ...{ stopped: false, refused: 1, examples: ['/lst/no'] }
              })
            ]
          }
        : rows(2)
    );
    await model.open({ source: 'dcache', path: '/lst' });
    await model.searchFor('x');
    expect(model.shown.map(row => row.path)).toEqual([
      'ctadata:dcache/lst/deep/er/x.h5'
    ]);
    expect(model.search).toMatchObject({
      ...{ isRunning: false, found: 1, searched: 7, refused: 1, error: null }
    });
    await model.refresh();
    expect(model.search).not.toBeNull();
    model.endSearch();
    await settle(10);
    expect(names(model)).toEqual(['sub', 'f0.h5', 'f1.h5']);
    expect(lists()).toHaveLength(2);
  });

  it.each([
    ['stopped', (model: CtaModel) => model.stopSearch(), true],
    ['closed', (model: CtaModel) => model.endSearch(), false],
    ['left for a folder', (model: CtaModel) => void model.cd('sub'), false],
    [
      'followed by another',
      (model: CtaModel) => void model.searchFor('y'),
      false
    ],
    ['gone with its panel', (model: CtaModel) => model.dispose(), true]
  ])('should end the request of a search that is %s', async (_, end, stays) => {
    const line = JSON.stringify({
      ...{ names: ['x.h5'], sizes: [1], mtimes: [1], flags: [0] },
      ...{ folders: ['deep'], searched: 2 }
    });
    const searches: (AbortSignal | null)[] = [];
    const { model } = await make(({ path, signal }) => {
      if (!path.includes('/search/')) {
        return rows(1);
      }
      searches.push(signal);
      return { pieces: [line + '\n'], hangs: signal ?? undefined };
    });
    await model.open({ source: 'dcache', path: '/lst' });
    void model.searchFor('x');
    await settle(5);
    expect(model.search).toMatchObject({
      ...{ isRunning: true, found: 1, searched: 2, error: null }
    });
    expect(searches[0]?.aborted).toBe(false);
    end(model);
    expect(searches[0]?.aborted).toBe(true);
    await settle(20);
    expect(model.search?.text === 'x').toBe(stays);
    if (stays) {
      expect(model.search).toMatchObject({
        ...{ isRunning: false, found: 1, error: null }
      });
      expect(names(model)).toEqual(['x.h5']);
    }
  });

  it('should show what a search found in its folder', async () => {
    const line = (value: object): string => JSON.stringify(value) + '\n';
    const { model } = await make(({ path }) =>
      path.includes('/search/')
        ? {
            pieces: [
              line({
                ...{ names: ['f0.h5'], sizes: [1], mtimes: [1], flags: [0] },
                ...{ folders: ['deep/er'], searched: 2 }
              }),
              line({ complete: true, count: 1, hash: '', searched: 2 })
            ]
          }
        : rows(2)
    );
    const located: string[] = [];
    model.located.connect((_, name) => located.push(name));
    await model.open({ source: 'dcache', path: '/lst' });
    await model.searchFor('f0');
    await model.reveal(model.shown[0] as Contents.IModel);
    expect(model.search).toBeNull();
    expect(model.place.path).toBe('/lst/deep/er');
    expect(located).toEqual(['f0.h5']);
  });

  describe('when a search is left for a folder', () => {
    /** As many results as the folder has rows. */
    async function searched(after: () => IAnswer) {
      let isLeft = false;
      const line = (value: object): string => JSON.stringify(value) + '\n';
      const found = {
        ...{ names: ['f0.h5', 'f0.h5'], sizes: [1, 1], mtimes: [1, 1] },
        ...{ flags: [0, 0], folders: ['', 'sub'], searched: 2 }
      };
      const end = { complete: true, count: 2, hash: '', searched: 2 };
      const made = await make(({ path }) =>
        path.includes('/search/')
          ? { pieces: [line(found), line(end)] }
          : isLeft
            ? after()
            : rows(1)
      );
      const { model } = made;
      await model.open({ source: 'dcache', path: '/lst' });
      await model.searchFor('f0');
      expect(names(model)).toEqual(['f0.h5', 'f0.h5']);
      isLeft = true;
      /** What is drawn. */
      const drawn: string[][] = [];
      model.refreshed.connect(() => drawn.push(names(model)));
      return { ...made, drawn };
    }

    const WAYS: [string, (model: CtaModel) => Promise<void>][] = [
      [
        'by a result',
        model =>
          model.reveal(
            model.shown.find(
              row => row.path === 'ctadata:dcache/lst/f0.h5'
            ) as Contents.IModel
          )
      ],
      ['by a crumb', model => model.cd('/dcache/lst')],
      ['by its path', model => model.open({ source: 'dcache', path: '/lst' })]
    ];

    it.each(WAYS)(
      'should show its rows, though it is as it was: %s',
      async (_, go) => {
        const { model, drawn } = await searched(() => rows(1));
        await go(model);
        expect(model.search).toBeNull();
        expect(drawn[drawn.length - 1]).toEqual(['sub', 'f0.h5']);
      }
    );

    it.each(WAYS)(
      'should not leave the results for its rows if it fails: %s',
      async (_, go) => {
        const { model, drawn, failures } = await searched(() => ({
          ...{ status: 404, json: error }
        }));
        await go(model);
        expect(model.search).toBeNull();
        expect(failures.pop()).toBe('NotFound');
        expect(drawn[drawn.length - 1]).toEqual([]);
        expect(model.emptiness).toBeNull(); // nobody knows what it holds
      }
    );

    it('should not call the folder empty while its rows come', async () => {
      const { model } = await searched(() => rows(1));
      const told: unknown[] = [];
      model.refreshed.connect(() => told.push(model.emptiness));
      await model.cd('/dcache/lst');
      expect(told.length).toBeGreaterThan(0);
      expect(told.filter(one => one !== null)).toEqual([]);
    });
  });

  it('should refresh when a file changes in a folder below the root', async () => {
    const { model, drive, lists } = await make(({ method, path }) =>
      method === 'DELETE' ? { status: 204 } : rows(1)
    );
    await model.open({ source: 'dcache', path: '/lst' });
    await drive.delete('dcache/lst/f0.h5');
    await settle(5);
    expect(lists()).toHaveLength(2);
    await drive.delete('dcache/other/f0.h5');
    await settle(5);
    expect(lists()).toHaveLength(2);
  });
});

describe('CtaModel as a tree', () => {
  const tree = async () => {
    const made = await make(({ path }) =>
      path.endsWith('/nope')
        ? { status: 404, json: error }
        : rows(1, path.endsWith('/sub') ? 100 : 0)
    );
    await made.model.open({ source: 'dcache', path: '/lst' });
    made.model.isTree = true;
    const row = (path: string) =>
      made.model.shown.find(one => one.path === `ctadata:dcache/lst/${path}`)!;
    return { ...made, row };
  };

  it('should show what a folder holds below it, and ask for it once', async () => {
    const { model, row, lists } = await tree();
    expect(model.foldOf(row('sub'))).toBe('folded');
    const unfolding = model.toggle(row('sub'));
    expect(model.foldOf(row('sub'))).toBe('loading');
    await unfolding;
    expect(names(model)).toEqual(['sub', 'sub', 'f100.h5', 'f0.h5']);
    expect(model.depthOf(row('sub/f100.h5'))).toBe(1);
    expect(lists()).toHaveLength(2);
    await model.toggle(row('sub/sub'));
    expect(names(model)).toHaveLength(6);
    await model.toggle(row('sub'));
    expect(names(model)).toEqual(['sub', 'f0.h5']);
    expect(lists()).toHaveLength(3);
  });

  it('should keep a folder folded that cannot be listed, and say why', async () => {
    const { model, failures } = await tree();
    const row = { ...model.shown[0], path: 'ctadata:dcache/lst/nope' };
    await model.toggle(row);
    expect(model.foldOf(row)).toBe('folded');
    expect(failures.pop()).toBe('NotFound');
  });

  it('should show the folders of what passes the filter', async () => {
    const { model, row } = await tree();
    await model.toggle(row('sub'));
    await model.filterBy(filterOf('f100', false));
    expect(names(model)).toEqual(['sub', 'f100.h5']);
  });

  it('should list again what is unfolded when a file in it changes', async () => {
    const { model, row, drive, lists } = await tree();
    await model.toggle(row('sub'));
    drive.touch('dcache/lst/sub');
    await settle(5);
    expect(lists().map(one => one.path.split('?')[0])).toEqual([
      'ctadata-jlab/listing/dcache/lst',
      'ctadata-jlab/listing/dcache/lst/sub',
      'ctadata-jlab/listing/dcache/lst',
      'ctadata-jlab/listing/dcache/lst/sub'
    ]);
    expect(names(model)).toHaveLength(4);
  });

  it('should fold all in another folder', async () => {
    const { model, row } = await tree();
    await model.toggle(row('sub'));
    await model.cd('..');
    await model.cd('lst');
    expect(names(model)).toEqual(['sub', 'f0.h5']);
  });
});

describe('VirtualDirListing', () => {
  afterEach(() => document.body.replaceChildren());

  async function listing(count: number) {
    const { model } = await make(() => rows(count));
    const list = new VirtualDirListing({ model });
    Widget.attach(list, document.body);
    await model.open({ source: 'dcache', path: '/' });
    MessageLoop.flush();
    const drawn = (): HTMLElement[] =>
      Array.from(list.node.querySelectorAll('.jp-DirListing-item'));
    return { list, model, drawn };
  }

  it('should know the members of JupyterLab that it needs', async () => {
    const { list } = await listing(1);
    expect(list.isVirtual).toBe(true);
    list.dispose();
  });

  it('should draw fewer than 200 of 10 000 rows, and know all', async () => {
    const { list, drawn } = await listing(10_000);
    expect(drawn().length).toBeGreaterThan(20);
    expect(drawn().length).toBeLessThan(200);
    expect(Array.from(list.sortedItems())).toHaveLength(10_001);
    list.dispose();
  });

  it('should draw other rows when it is scrolled', async () => {
    const { list, drawn } = await listing(10_000);
    expect(drawn()[0].dataset.ctadataName).toBe('sub');
    list.contentNode.scrollTop = 5000 * 24;
    list.handleEvent(new Event('scroll'));
    const shown = drawn().map(node => node.dataset.ctadataName);
    expect(shown).toContain('f4999.h5');
    expect(shown).not.toContain('f0.h5');
    list.dispose();
  });

  it('should have a row in the page that is selected from afar', async () => {
    const { list, drawn } = await listing(10_000);
    await list.selectItemByName('f9000.h5');
    MessageLoop.flush();
    const row = drawn().find(n => n.dataset.ctadataName === 'f9000.h5');
    expect(row?.classList.contains('jp-mod-selected')).toBe(true);
    expect(drawn().length).toBeLessThan(200);
    expect(Array.from(list.selectedItems(), item => item.name)).toEqual([
      'f9000.h5'
    ]);
    list.dispose();
  });

  it('should mark rows as ours, so that no menu offers the trash', async () => {
    const { list, drawn } = await listing(3);
    expect(drawn()).toHaveLength(4);
    expect(drawn().every(node => !node.hasAttribute('data-isdir'))).toBe(true);
    expect(drawn().map(node => node.dataset.ctadataKind)).toEqual([
      'folder',
      'file',
      'file',
      'file'
    ]);
    list.dispose();
  });

  it('should draw nothing again, and sort nothing, if nothing changed', async () => {
    const { list, model } = await listing(10_000);
    const before = Array.from(list.sortedItems());
    await model.refresh();
    const after = Array.from(list.sortedItems());
    expect(after[5000]).toBe(before[5000]);
    list.dispose();
  });

  it('should keep what was selected, wherever it comes to lie', async () => {
    const { list, model } = await listing(10_000);
    await list.selectItemByName('f9000.h5');
    list.sort({ key: 'name', direction: 'descending' });
    await model.orderBy({});
    await model.filterBy(filterOf('f9', false));
    expect(Array.from(list.selectedItems(), item => item.name)).toEqual([
      'f9000.h5'
    ]);
    await model.filterBy(filterOf('f1', false));
    await model.filterBy(filterOf('', false));
    expect(Array.from(list.selectedItems())).toEqual([]);
    list.dispose();
  });

  it('should drag the row that was pressed, wherever it comes to lie', async () => {
    const { list, model } = await listing(3);
    const core = list as unknown as {
      _sortedItems: { name: string }[];
      _dragData: { pressX: number; pressY: number; index: number } | null;
      _startDrag(index: number): void;
    };
    const dragged: string[] = [];
    core._startDrag = index => dragged.push(core._sortedItems[index].name);
    const move = { clientX: 50, cancelable: true };
    const index = core._sortedItems.findIndex(row => row.name === 'f0.h5');
    core._dragData = { pressX: 0, pressY: 0, index };
    list.sort({ key: 'name', direction: 'descending' });
    await model.orderBy({});
    list.handleEvent(new MouseEvent('mousemove', move));
    expect(dragged).toEqual(['f0.h5']);
    await model.filterBy(filterOf('f1', false));
    list.handleEvent(new MouseEvent('mousemove', move));
    expect(dragged).toHaveLength(1);
    list.dispose();
  });

  it('should select a range whose ends are never both in the page', async () => {
    const { list } = await listing(10_000);
    const core = list as unknown as {
      _selectItem(index: number, keep: boolean, focus: boolean): void;
      _handleMultiSelect(index: number): void;
    };
    core._selectItem(10, false, true);
    core._handleMultiSelect(9000);
    MessageLoop.flush();
    expect(Array.from(list.selectedItems())).toHaveLength(8991);
    list.dispose();
  });

  it('should select all by Ctrl+A, also where JupyterLab has no command for it', async () => {
    const { list, drawn } = await listing(10_000);
    const told = jest.fn();
    list.drawn.connect(told);
    const init = { key: 'a', ctrlKey: true, cancelable: true };
    list.handleEvent(new KeyboardEvent('keydown', init));
    MessageLoop.flush();
    expect(list.chosen).toHaveLength(10_001);
    expect(told).toHaveBeenCalled();
    expect(list.hasClass('jp-mod-multiSelected')).toBe(true);
    expect(drawn().every(n => n.classList.contains('jp-mod-selected'))).toBe(
      true
    );
    list.dispose();
  });

  it('should draw again only the rows that come into the page', async () => {
    const { list, drawn } = await listing(10_000);
    const scroll = (row: number): void => {
      list.contentNode.scrollTop = row * 24;
      list.handleEvent(new Event('scroll'));
    };
    scroll(5000);
    const before = new Map(drawn().map(n => [n.dataset.ctadataName, n]));
    scroll(5010);
    const after = drawn();
    const kept = after.filter(n => before.get(n.dataset.ctadataName) === n);
    expect(kept).toHaveLength(after.length - 10);
    expect(after.map(n => Number(n.getAttribute('aria-rowindex')))).toEqual(
      after.map((_, k) => 4992 + 10 - 1 + k)
    );
    list.dispose();
  });

  it('should find a row by the first letters of its name, wherever it lies', async () => {
    const { list, drawn } = await listing(10_000);
    for (const key of 'f7777') {
      list.handleEvent(new KeyboardEvent('keydown', { key }));
    }
    MessageLoop.flush();
    expect(Array.from(list.selectedItems(), item => item.name)).toEqual([
      'f7777.h5'
    ]);
    expect(drawn().map(node => node.dataset.ctadataName)).toContain('f7777.h5');
    list.dispose();
  });

  it('should say to those who do not see it which rows these are', async () => {
    const { list, drawn } = await listing(10_000);
    expect(list.contentNode.getAttribute('role')).toBe('grid');
    expect(list.contentNode.getAttribute('aria-rowcount')).toBe('10001');
    list.contentNode.scrollTop = 5000 * 24;
    list.handleEvent(new Event('scroll'));
    const row = drawn().find(n => n.dataset.ctadataName === 'f4999.h5');
    expect(row?.getAttribute('role')).toBe('row');
    expect(row?.getAttribute('aria-rowindex')).toBe('5001');
    list.dispose();
  });

  it('should be the stock listing where a member of JupyterLab is missing', async () => {
    const proto = DirListing.prototype as unknown as Record<string, unknown>;
    const member = proto._doRename;
    delete proto._doRename;
    try {
      const { list, drawn } = await listing(50);
      expect(list.isVirtual).toBe(false);
      expect(drawn()).toHaveLength(51);
      list.sort({ key: 'name', direction: 'descending' });
      MessageLoop.flush();
      expect(drawn()[1].dataset.ctadataName).toBe('f49.h5');
      list.dispose();
    } finally {
      proto._doRename = member;
    }
  });

  it('should draw a small folder after a large one', async () => {
    let count = 10_000;
    const { model } = await make(() => rows(count));
    const list = new VirtualDirListing({ model });
    Widget.attach(list, document.body);
    await model.open({ source: 'dcache', path: '/' });
    MessageLoop.flush();
    count = 2;
    await model.cd('sub');
    MessageLoop.flush();
    const drawn = list.node.querySelectorAll('.jp-DirListing-item');
    expect(drawn).toHaveLength(3);
    list.dispose();
  });
});
