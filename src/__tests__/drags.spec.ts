import { insertCode, isNotebook, spotAt } from '../notebook';
import type { INotebookWidget } from '../notebook';
import {
  markNativeDrops,
  springOpen,
  takeDrags,
  TARGET
} from '../widgets/dragdrop';
import { addGrip, downloadUrl } from '../widgets/grip';
import type { IHandle } from '../wire';
import { settle } from './server';

/** An event of one of JupyterLab's drags. */
function drag(type: string, paths: string[]): Event {
  const event = new MouseEvent(type, { bubbles: true, cancelable: true });
  const mimeData = { hasData: () => true, getData: () => paths };
  return Object.assign(event, {
    mimeData,
    proposedAction: 'move',
    dropAction: 'none'
  });
}

function page(html: string): HTMLElement {
  document.body.innerHTML = html;
  return document.body.firstElementChild as HTMLElement;
}

describe('takeDrags', () => {
  function setUp() {
    const root = page('<div><p id="yes"></p><p id="no"></p></div>');
    const [yes, no] = Array.from(root.children);
    const dropped: string[][] = [];
    const others: string[] = [];
    root.addEventListener('lm-drop', () => others.push('drop'));
    const taking = takeDrags(root, (event, paths) =>
      event.target === yes && paths[0].startsWith('ctadata:')
        ? { node: yes, drop: taken => dropped.push(taken) }
        : null
    );
    return { yes, no, dropped, others, taking };
  }

  it('should mark the target while a drag is over it, and only then', () => {
    const { yes, no } = setUp();
    yes.dispatchEvent(drag('lm-dragenter', ['ctadata:d/a']));
    expect(yes.classList.contains(TARGET)).toBe(true);
    no.dispatchEvent(drag('lm-dragover', ['ctadata:d/a']));
    expect(yes.classList.contains(TARGET)).toBe(false);
    yes.dispatchEvent(drag('lm-dragover', ['ctadata:d/a']));
    yes.dispatchEvent(drag('lm-dragleave', ['ctadata:d/a']));
    expect(yes.classList.contains(TARGET)).toBe(false);
  });

  it('should take the drop from everybody else, but not what is not for it', () => {
    const { yes, no, dropped, others, taking } = setUp();
    const drop = drag('lm-drop', ['ctadata:d/a', 'ctadata:d/b']);
    yes.dispatchEvent(drop);
    expect(dropped).toEqual([['ctadata:d/a', 'ctadata:d/b']]);
    expect(others).toEqual([]);
    expect(drop.defaultPrevented).toBe(true);
    expect((drop as unknown as { dropAction: string }).dropAction).toBe('move');
    no.dispatchEvent(drag('lm-drop', ['ctadata:d/a']));
    yes.dispatchEvent(drag('lm-drop', ['other/a']));
    expect(others).toEqual(['drop', 'drop']);
    taking.dispose();
    yes.dispatchEvent(drag('lm-drop', ['ctadata:d/a']));
    expect(dropped).toHaveLength(1);
  });
});

describe('springOpen', () => {
  it('should open what a drag rests on, once, and not what it passes', async () => {
    const root = page('<div><p></p><p></p></div>');
    const [one, two] = Array.from(root.children);
    const opened: Element[] = [];
    springOpen(
      root,
      event => {
        const node = event.target as Element;
        return { node, open: () => opened.push(node) };
      },
      20
    );
    one.dispatchEvent(drag('lm-dragover', ['a']));
    two.dispatchEvent(drag('lm-dragover', ['a']));
    two.dispatchEvent(drag('lm-dragover', ['a']));
    await settle(60);
    two.dispatchEvent(drag('lm-dragover', ['a']));
    await settle(60);
    one.dispatchEvent(drag('lm-dragover', ['a']));
    one.dispatchEvent(drag('lm-dragleave', ['a']));
    await settle(60);
    expect(opened).toEqual([two]);
  });

  it('should open nothing that scrolls away below the drag, but what it rests on then', async () => {
    const root = page('<div><p></p></div>');
    const [one] = Array.from(root.children);
    let opened = 0;
    springOpen(
      root,
      ({ target }) => ({ node: target as Element, open: () => (opened += 1) }),
      20
    );
    one.dispatchEvent(drag('lm-dragover', ['a']));
    one.dispatchEvent(new Event('scroll'));
    await settle(60);
    expect(opened).toBe(0);
    one.dispatchEvent(drag('lm-dragover', ['a']));
    await settle(60);
    expect(opened).toBe(1);
  });
});

describe('markNativeDrops', () => {
  it('should mark the folder that files from the desktop are over, and no file', () => {
    const root = page(
      '<ul><li class="jp-DirListing-item" id="folder"><span></span></li><li class="jp-DirListing-item" id="file"></li></ul>'
    );
    const marking = markNativeDrops(root, row => row.id === 'folder');
    const over = (target: Element, type = 'dragover'): string[] => {
      target.dispatchEvent(new Event(type, { bubbles: true }));
      return Array.from(root.querySelectorAll(`.${TARGET}`), ({ id }) => id);
    };
    const [folder, file] = Array.from(root.children);
    expect(over(folder.children[0])).toEqual(['folder']);
    expect(over(file)).toEqual([]);
    expect(over(folder)).toEqual(['folder']);
    expect(over(folder, 'drop')).toEqual([]);
    marking.dispose();
    expect(over(folder)).toEqual([]);
  });
});

describe('addGrip', () => {
  const handle: IHandle = {
    url: '/user/name/ctadata-jlab/handles/key/a%3Ab.h5',
    name: 'a:b.h5',
    zip: false,
    seconds: 300
  };

  function setUp(answer: Promise<IHandle>) {
    const root = page(
      '<div><ul><li class="jp-DirListing-item"></li></ul></div>'
    );
    const list = root.querySelector('ul') as HTMLElement;
    const row = root.querySelector('li') as HTMLElement;
    const told: unknown[] = [];
    const saved: unknown[] = [];
    let asked = 0;
    addGrip(list, {
      title: '',
      held: one => one.dataset.ctadataPath ?? '',
      handle: () => {
        asked += 1;
        return answer;
      },
      save: one => saved.push(one),
      fail: reason => told.push(reason)
    });
    const grip = root.querySelector('.ctadata-Grip') as HTMLElement;
    const begin = (): { event: Event; data: Record<string, string> } => {
      const event = new Event('dragstart', { bubbles: true, cancelable: true });
      const data: Record<string, string> = {};
      Object.assign(event, {
        dataTransfer: {
          setData: (type: string, text: string) => (data[type] = text)
        }
      });
      grip.dispatchEvent(event);
      return { event, data };
    };
    return { row, grip, told, saved, begin, asked: () => asked };
  }

  it('should ask for an address only when the pointer reaches it', async () => {
    const { row, grip, begin, asked } = setUp(Promise.resolve(handle));
    expect(grip.hidden).toBe(true);
    row.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
    expect(grip.hidden).toBe(false);
    expect(asked()).toBe(0);
    grip.dispatchEvent(new MouseEvent('mouseenter'));
    grip.dispatchEvent(new MouseEvent('mouseenter'));
    await settle();
    const { data } = begin();
    expect(data).toEqual({ DownloadURL: downloadUrl(handle) });
    expect(data.DownloadURL).toBe(
      'application/octet-stream:a_b.h5:http://localhost/user/name/ctadata-jlab/handles/key/a%3Ab.h5'
    );
  });

  it('should not begin a drag without an address, and say why there is none', async () => {
    const { row, grip, begin, told } = setUp(Promise.reject(new Error('no')));
    row.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
    grip.dispatchEvent(new MouseEvent('mouseenter'));
    await settle();
    const { event, data } = begin();
    expect(event.defaultPrevented).toBe(true);
    expect(data).toEqual({});
    expect(told).toHaveLength(1);
  });

  it('should not drag what its row held before, but ask anew', async () => {
    const { row, grip, begin, asked } = setUp(Promise.resolve(handle));
    row.dataset.ctadataPath = 'ctadata:d/a';
    row.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
    grip.dispatchEvent(new MouseEvent('mouseenter'));
    await settle();
    row.dataset.ctadataPath = 'ctadata:d/b';
    const { event, data } = begin();
    expect(event.defaultPrevented).toBe(true);
    expect(data).toEqual({});
    await settle();
    expect(asked()).toBe(2);
    expect(begin().data).toEqual({ DownloadURL: downloadUrl(handle) });
  });

  it('should save what it grips when it is clicked', () => {
    const { row, grip, saved } = setUp(Promise.resolve(handle));
    row.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
    grip.click();
    expect(saved).toEqual([row]);
  });
});

describe('insertCode', () => {
  function notebook(...cells: [type: string, source: string][]) {
    const node = page('<div></div>');
    const widgets = cells.map(([type, source]) => {
      const cell = document.createElement('div');
      node.append(cell);
      const sharedModel = {
        source,
        getSource: () => sharedModel.source,
        setSource: (text: string) => (sharedModel.source = text),
        updateSource: (start: number, end: number, text: string) =>
          (sharedModel.source =
            sharedModel.source.slice(0, start) +
            text +
            sharedModel.source.slice(end))
      };
      const editor = { getPositionForCoordinate: () => ({ line: 0 }) };
      return { node: cell, model: { type, sharedModel }, editor };
    });
    const inserted: [number, unknown][] = [];
    const sharedModel = {
      insertCell: (index: number, cell: { source: string }) =>
        inserted.push([index, cell.source])
    };
    const content = {
      node,
      widgets,
      activeCellIndex: 0,
      model: { sharedModel }
    };
    const widget = { content } as unknown as INotebookWidget;
    return { widget, node, widgets, inserted };
  }

  const over = (target: Element): MouseEvent =>
    Object.defineProperty(new MouseEvent('lm-drop'), 'target', {
      value: target
    });

  it('should know a notebook by what it has', () => {
    expect(isNotebook(notebook().widget)).toBe(true);
    expect(isNotebook({} as never)).toBe(false);
    expect(isNotebook(null)).toBe(false);
  });

  it('should fill an empty code cell', () => {
    const { widget, widgets } = notebook(['code', ' \n']);
    const spot = spotAt(widget, over(widgets[0].node));
    insertCode(widget, spot!, 'x = 1\n');
    expect(widgets[0].model.sharedModel.source).toBe('x = 1');
  });

  it('should go below the line it is dropped on', () => {
    const { widget, widgets, inserted } = notebook(['code', 'a\nb']);
    insertCode(widget, spotAt(widget, over(widgets[0].node))!, 'x = 1\n');
    expect(widgets[0].model.sharedModel.source).toBe('a\nx = 1\nb');
    expect(inserted).toEqual([]);
  });

  it('should get a cell of its own below a text, and at the end', () => {
    const { widget, widgets, node, inserted } = notebook(
      ['markdown', '# Title'],
      ['code', 'a']
    );
    insertCode(widget, spotAt(widget, over(widgets[0].node))!, 'x');
    expect(widgets[0].model.sharedModel.source).toBe('# Title');
    insertCode(widget, spotAt(widget, over(node))!, 'y');
    expect(inserted).toEqual([
      [1, 'x'],
      [2, 'y']
    ]);
    expect(spotAt(widget, over(document.body))).toBeNull();
  });
});
