/** Drop targets and drags of the rows of a long list, most of which are not in the page. */

import { DirListing } from '@jupyterlab/filebrowser';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type { IPlace } from '../paths';
import { isKnown } from '../widgets/core';
import type { ICore } from '../widgets/core';
import { VirtualDirListing } from '../widgets/listing';
import type { IListingHooks } from '../widgets/listing';
import { make } from './making';
import type { IAnswer } from './server';

jest.setTimeout(60_000);

const ROW = 24;
const MARK = 'jp-mod-dropTarget';

/** A listing of folders, and of as many files below them. */
function folders(count: number): IAnswer {
  const numbers = Array.from({ length: count }, (_, k) => k);
  const block = {
    names: [...numbers.map(k => `d${k}`), ...numbers.map(k => `f${k}`)],
    sizes: [...numbers.map(() => null), ...numbers.map(() => 1)],
    mtimes: [...numbers, ...numbers].map(() => 1),
    flags: [...numbers.map(() => 1), ...numbers.map(() => 0)]
  };
  const end = { complete: true, count: 2 * count, hash: '' };
  return { pieces: [JSON.stringify(block) + '\n', JSON.stringify(end)] };
}

/** The members that a drag uses. */
interface IDragging extends ICore {
  _startDrag(index: number, x: number, y: number): void;
  _drag: {
    mimeData: { getData(type: string): string[] };
    dispose(): void;
  } | null;
}

/** A listing in a page in which each row lies where a browser would lay it. */
async function listing(count = 1000) {
  const { model } = await make(() => folders(count));
  const list = new VirtualDirListing({ model });
  const content = list.contentNode;
  const dropped: { paths: string[]; folder: IPlace; copy: boolean }[] = [];
  list.hooks = {
    isReadOnly: () => false,
    dropPaths: (paths, folder, copy) => dropped.push({ paths, folder, copy })
  } as Partial<IListingHooks> as IListingHooks;
  Widget.attach(list, document.body);
  await model.open({ source: 'dcache', path: '/' });
  MessageLoop.flush();
  jest
    .spyOn(HTMLElement.prototype, 'getBoundingClientRect')
    .mockImplementation(function (this: HTMLElement) {
      const row = Number(this.getAttribute('aria-rowindex')) - 1;
      const top = row < 0 ? -1000 : row * ROW - content.scrollTop;
      return new DOMRect(0, top, 200, row < 0 ? 0 : ROW);
    });
  const scroll = (row: number): void => {
    content.scrollTop = row * ROW;
    list.handleEvent(new Event('scroll'));
  };
  /** An event of a drag over that many rows below the top of what is seen. */
  const drag = (type: string, row: number, init = {}): void => {
    const at = { clientX: 50, clientY: row * ROW + 5 };
    const event = new MouseEvent(type, { ...at, ...init, cancelable: true });
    const mimeData = { hasData: () => true, getData: () => ['ctadata:x/a'] };
    list.handleEvent(
      Object.assign(event, { mimeData, proposedAction: 'move' })
    );
  };
  const marked = (): (string | undefined)[] =>
    Array.from(list.node.querySelectorAll<HTMLElement>(`.${MARK}`), node =>
      node === content ? 'all' : node.dataset.ctadataName
    );
  const core = list as unknown as IDragging;
  return { list, core, model, content, scroll, drag, marked, dropped };
}

beforeAll(() => {
  Object.assign(globalThis, {
    DOMRect: class {
      constructor(
        readonly left: number,
        readonly top: number,
        readonly width: number,
        readonly height: number
      ) {}
      get right(): number {
        return this.left + this.width;
      }
      get bottom(): number {
        return this.top + this.height;
      }
    },
    PointerEvent: globalThis.PointerEvent ?? MouseEvent
  });
  document.elementFromPoint ??= () => null;
});

afterEach(() => {
  jest.restoreAllMocks();
  document.body.replaceChildren();
});

describe('a drag over a long list', () => {
  it('should mark the folder below it, and the whole list over a file', async () => {
    const { list, drag, marked, scroll } = await listing();
    drag('lm-dragover', 3);
    expect(marked()).toEqual(['d3']);
    scroll(1500);
    drag('lm-dragover', 3);
    expect(marked()).toEqual(['all']);
    drag('lm-dragleave', 3);
    expect(marked()).toEqual([]);
    list.dispose();
  });

  it('should mark a folder that comes below it from outside of the window while the list scrolls', async () => {
    const { list, drag, marked, scroll, dropped } = await listing();
    drag('lm-dragover', 3);
    expect(list.node.querySelector('[data-ctadata-name="d503"]')).toBeNull();
    // JupyterLab scrolls at the edge without an event of the drag
    for (let row = 0; row <= 500; row += 5) {
      scroll(row);
      expect(marked()).toEqual([`d${row + 3}`]);
    }
    drag('lm-drop', 3, { ctrlKey: true });
    expect(dropped).toEqual([
      {
        paths: ['ctadata:x/a'],
        folder: { source: 'dcache', path: '/d503' },
        copy: true
      }
    ]);
    expect(marked()).toEqual([]);
    list.dispose();
  });

  it('should mark nothing when it is over, however the list scrolls', async () => {
    const { list, drag, marked, scroll } = await listing();
    drag('lm-dragover', 3);
    drag('lm-dragleave', 3);
    scroll(500);
    expect(marked()).toEqual([]);
    drag('lm-dragover', 3);
    drag('lm-drop', 3);
    scroll(0);
    expect(marked()).toEqual([]);
    list.dispose();
  });
});

describe('a drag from a long list', () => {
  const TYPE = 'application/x-jupyter-icontents';

  it('should take all that is selected, also what is not in the page', async () => {
    const { list, core, scroll } = await listing();
    core._selectItem(10, false, true);
    core._handleMultiSelect?.(1800);
    scroll(1780);
    MessageLoop.flush();
    core._startDrag(1790, 50, 50);
    const paths = core._drag?.mimeData.getData(TYPE);
    expect(paths).toHaveLength(1791);
    expect(paths).toContain('ctadata:dcache/d10');
    expect(paths).toContain('ctadata:dcache/f800');
    core._drag?.dispose();
    list.dispose();
  });

  it('should take the selection as well if the row that was pressed is scrolled out of the window', async () => {
    const { list, core, scroll } = await listing();
    core._selectItem(0, false, true);
    core._handleMultiSelect?.(1);
    scroll(900);
    MessageLoop.flush();
    core._startDrag(1, 50, 50);
    expect(core._drag?.mimeData.getData(TYPE)).toEqual([
      'ctadata:dcache/d0',
      'ctadata:dcache/d1'
    ]);
    core._drag?.dispose();
    list.dispose();
  });
});

describe('a JupyterLab that lacks a private member', () => {
  const MEMBERS = [
    ...['_items', '_sortedItems', '_sortState', '_columnSizes'],
    ...['_hiddenColumns', '_focusIndex', '_isDirty', '_inRename'],
    ...['_focusItem', '_selectItem', '_doRename', '_selectItemByName'],
    ...['_onModelRefreshed', '_updateColumnSizes']
  ];

  it.each(MEMBERS)('should not be taken for one that has %p', async member => {
    const { list, core } = await listing(1);
    expect(isKnown(core)).toBe(true);
    const without = new Proxy(core, {
      get: (_, key) =>
        key === member ? undefined : (Reflect.get(core, key) as unknown)
    });
    expect(isKnown(without)).toBe(false);
    list.dispose();
  });

  // Without these JupyterLab's own class does not work either.
  const NEEDED = ['_onModelRefreshed', '_updateColumnSizes'];

  it.each(
    MEMBERS.filter(
      member => member in DirListing.prototype && !NEEDED.includes(member)
    )
  )(
    'should get the stock listing without %p, with all rows, and drops as usual',
    async member => {
      const proto = DirListing.prototype as unknown as Record<string, unknown>;
      const original = proto[member];
      delete proto[member];
      try {
        const { list, drag, dropped } = await listing(50);
        expect(list.isVirtual).toBe(false);
        const rows = list.node.querySelectorAll('.jp-DirListing-item');
        expect(rows.length).toBe(100);
        drag('lm-drop', 3);
        expect(dropped.map(({ folder }) => folder.source)).toEqual(['dcache']);
        list.dispose();
      } finally {
        proto[member] = original;
      }
    }
  );
});
