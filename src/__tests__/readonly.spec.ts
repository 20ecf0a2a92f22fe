import { Notification } from '@jupyterlab/apputils';

import { filesOf } from './files';
import { SOURCES } from './lab';
import { settle } from './server';
import { leave, shown } from './shown';

jest.setTimeout(60_000);

const WHY = 'dCache is read-only: nothing can be changed there.';

/** What changes the storage that is shown, by its commands. */
const CHANGING = [
  ...['new-folder', 'new-file', 'rename', 'move', 'cut', 'paste', 'delete'],
  ...['upload', 'upload-folder']
].map(id => `ctadata:${id}`);

/** A JupyterLab whose production storage takes changes or not, with two rows selected and a file of the workspace copied. */
async function laboratory(writable: boolean) {
  const [first, ...others] = SOURCES;
  const json = [{ ...first, traits: { ...first.traits, writable } }, ...others];
  const files = filesOf('notes/x.txt');
  const found = await shown({
    answer: ({ path }) => (path.endsWith('/sources') ? { json } : null),
    files
  });
  files.copy();
  await found.select('a.h5');
  return found;
}

describe('a storage that is only read', () => {
  let told: string[];

  beforeEach(() => {
    told = [];
    jest
      .spyOn(Notification, 'warning')
      .mockImplementation(message => (told.push(message), ''));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await leave();
  });

  it.each([true, false])(
    'should have its commands grey, with the reason, unless it takes changes: %p',
    async writable => {
      const { commands, panel } = await laboratory(writable);
      for (const id of CHANGING) {
        expect([id, commands.isEnabled(id)]).toEqual([id, writable]);
        expect([id, commands.caption(id).includes(WHY)]).toEqual([
          id,
          !writable
        ]);
      }
      expect(commands.label('ctadata:read-only')).toBe(WHY);
      expect(commands.isVisible('ctadata:read-only')).toBe(!writable);
      expect(commands.isEnabled('ctadata:read-only')).toBe(false);
      for (const id of ['copy', 'download-here', 'open', 'details']) {
        expect(commands.isEnabled(`ctadata:${id}`)).toBe(true);
      }
      const lock = panel.node.querySelector('.ctadata-Lock');
      expect(lock?.getAttribute('aria-label') ?? '').toBe(writable ? '' : WHY);
    }
  );

  it.each([
    ['delete', 'delete'],
    ['duplicate', 'duplicate'],
    ['paste', 'paste'],
    ['cut', 'cut'],
    ['rename', 'rename']
  ] as const)('should say why when keys would %s', async (_, method) => {
    const { rows, asked } = await laboratory(false);
    const before = asked.filter(one => one.method !== 'GET').length;
    await rows[method]();
    await settle(5);
    expect(told).toEqual([WHY]);
    expect(document.querySelector('.jp-Dialog')).toBeNull();
    expect(rows.node.querySelector('input.jp-DirListing-editor')).toBeNull();
    expect(asked.filter(one => one.method !== 'GET')).toHaveLength(before);
  });

  it('should take no drops, and say why', async () => {
    const { rows, asked } = await laboratory(false);
    const folder = { source: 'dcache', path: '/lst' };
    const files = [new File(['x'], 'x.txt')];
    rows.hooks?.dropFiles({ entries: [], files }, folder);
    rows.hooks?.dropPaths(['y.txt'], folder, false);
    await settle(5);
    expect(told).toEqual([WHY, WHY]);
    expect(asked.filter(one => one.method !== 'GET')).toEqual([]);

    const drag = Object.assign(new MouseEvent('lm-dragover'), {
      ...{ proposedAction: 'move', dropAction: 'move' },
      mimeData: { hasData: () => true, getData: () => [] }
    });
    const { contentNode } = rows;
    rows.handleEvent(drag);
    expect(drag.dropAction).toBe('none');
    expect(contentNode.classList.contains('jp-mod-dropTarget')).toBe(false);
    // Its twin takes them.
    rows.hooks?.dropPaths(
      ['y.txt'],
      { source: 'dcache-dev', path: '/' },
      false
    );
    await settle(5);
    expect(told).toHaveLength(2);
    expect(asked.filter(one => one.method === 'POST')).toHaveLength(1);
  });
});
