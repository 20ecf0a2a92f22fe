import { Dialog } from '@jupyterlab/apputils';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { StateDB } from '@jupyterlab/statedb';
import { MessageLoop } from '@lumino/messaging';

import { formsOf } from '../forms';
import file from '../../tests/fixtures/wire/contents-file.json';
import wire from '../../tests/fixtures/wire/listing.json';
import { dialog, listing } from './lab';
import type { ILabOptions, Lab } from './lab';
import { settle, until } from './server';
import { leave, shown } from './shown';

jest.setTimeout(60_000);

afterEach(leave);

describe('A click on the head of a column', () => {
  const FILES = listing({
    'sub/': { time: 5 },
    'b.txt': { size: 300, time: 10 },
    'a.txt': { size: 20, time: 30 },
    'c.txt': { size: 1, time: 20 }
  });
  const answer: ILabOptions['answer'] = ({ path }) =>
    path.includes('/listing/') ? FILES : null;

  const HEADS = {
    name: 'jp-id-name',
    time: 'jp-id-modified',
    size: 'jp-id-filesize'
  };

  /** The name of the column by which the list says that it is ordered, and in which direction. */
  function said({ rows }: Lab): string[] {
    const heads = Object.entries(HEADS).map(([name, className]) => ({
      name,
      classes: rows.headerNode.querySelector(`.${className}`)!.classList
    }));
    return heads
      .filter(({ classes }) => classes.contains('jp-mod-selected'))
      .map(({ name, classes }) =>
        classes.contains('jp-mod-descending') ? `${name} ↓` : `${name} ↑`
      );
  }

  function click({ rows }: Lab, head: keyof typeof HEADS): void {
    const node = rows.headerNode.querySelector(`.${HEADS[head]}`)!;
    node.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    MessageLoop.flush();
  }

  /** The rows as they are drawn. */
  const order = ({ drawn }: Lab): string =>
    drawn()
      .map(({ dataset }) => dataset.ctadataName?.[0])
      .join('');

  it.each([
    ['name', 'scba', 'name ↓', 'sabc', 'name ↑'],
    ['time', 'sacb', 'time ↑', 'sbca', 'time ↓'],
    ['size', 'scab', 'size ↑', 'sbac', 'size ↓']
  ] as const)(
    'should order by it, the other way at the next, and say so: %s',
    async (head, first, word, second, other) => {
      const made = await shown({ answer });
      expect([order(made), said(made)]).toEqual(['sabc', ['name ↑']]);
      const before = made.asked.length;
      click(made, head);
      expect([order(made), said(made)]).toEqual([first, [word]]);
      click(made, head);
      expect([order(made), said(made)]).toEqual([second, [other]]);
      click(made, head);
      expect([order(made), said(made)]).toEqual([first, [word]]);
      expect(made.asked).toHaveLength(before); // the server need not know
    }
  );

  it('should hold in other folders, after a refresh and after a reload', async () => {
    const state = new StateDB();
    const made = await shown({ answer, state });
    click(made, 'size');
    click(made, 'size');
    await made.model.cd('sub');
    expect(order(made)).toBe('sbac');
    await made.model.reload();
    expect(order(made)).toBe('sbac');
    await settle(5);
    made.dispose();
    document.body.innerHTML = '';
    const again = await shown({ answer, state });
    await settle(5);
    expect([order(again), said(again)]).toEqual(['sbac', ['size ↓']]);
  });
});

describe('Where a file lies', () => {
  const [block, end] = wire as [{ names: string[] }, object];
  const pieces = [JSON.stringify(block) + '\n', JSON.stringify(end)];

  it('should be told in the list of what is on tape, and of nothing else', async () => {
    const words: string[] = [];
    const { row } = await shown({
      answer: ({ path }) => (path.includes('/listing/') ? { pieces } : null),
      translator: {
        languageCode: 'en',
        load: () => ({
          __: (text: string) => (text === 'tape' ? words.push(text) : 0, text),
          _n: (one: string, more: string, n: number) => (n === 1 ? one : more),
          _p: (_: string, text: string) => text
        })
      } as never
    });
    const [tape, folder] = ['run é#1.txt', 'DL1'].map(name => row(name));
    expect(tape.dataset).toMatchObject({
      ctadataOnline: 'false',
      ctadataTape: 'tape'
    });
    expect(folder.dataset).not.toHaveProperty('ctadataOnline');
    expect(folder.dataset).not.toHaveProperty('ctadataTape');
    expect(words).toEqual(['tape']); // through the translator
  });

  it('should be told no more when it has come to disk', async () => {
    let isOffline = true;
    const { row, model } = await shown({
      answer: ({ path }) =>
        path.includes('/listing/') ? listing({ 'a.h5': { isOffline } }) : null
    });
    expect(row('a.h5').dataset.ctadataOnline).toBe('false');
    isOffline = false;
    await model.reload();
    expect(row('a.h5').dataset).not.toHaveProperty('ctadataOnline');
  });
});

describe('The switch between one folder and a tree', () => {
  it('should keep the folder and what is selected, and be kept itself', async () => {
    const { commands, model, options, select, row, rows, lists } =
      await shown();
    await model.cd('sub');
    await select('a.h5', 'run2.txt');
    const asked = lists().length;
    const selected = (): string[] =>
      Array.from(rows.selectedItems(), ({ name }) => name);
    for (const isTree of [true, false]) {
      await commands.execute('ctadata:tree');
      await until(() => model.isTree === isTree);
      MessageLoop.flush();
      expect(options.values.treeMode).toBe(isTree);
      expect(model.place.path).toBe('/lst/sub');
      expect(selected()).toEqual(['a.h5', 'run2.txt']);
      expect(row('a.h5').classList).toContain('jp-mod-selected');
      expect(row('sub').hasAttribute('aria-expanded')).toBe(isTree);
    }
    expect(lists()).toHaveLength(asked);
  });

  it('should leave only the rows of the folder itself', async () => {
    const { commands, model, rows, drawn } = await shown();
    await commands.execute('ctadata:tree');
    await until(() => model.isTree);
    await model.toggle(model.shown[0]);
    expect(drawn()).toHaveLength(8);
    (rows as unknown as { selection: object }).selection = {
      [`${model.path}/sub/a.h5`]: true,
      [`${model.path}/b.txt`]: true
    };
    await commands.execute('ctadata:tree');
    await until(() => !model.isTree);
    expect(drawn()).toHaveLength(4);
    const left = Array.from(rows.selectedItems(), ({ path }) => path);
    expect(left).toEqual(['ctadata:dcache/lst/b.txt']);
  });
});

describe('The details', () => {
  /** The tables of a dialog: what each row is called, and what it says. */
  const factsIn = (node: Element): Record<string, string> =>
    Object.fromEntries(
      Array.from(node.querySelectorAll('tr'), row => [
        row.querySelector('th')?.textContent ?? '',
        row.querySelector('td')?.textContent ?? ''
      ])
    );

  async function detailsOf(
    facts: object,
    name = 'b.txt',
    options: ILabOptions = {}
  ) {
    const made = await shown({
      answer: asked =>
        options.answer?.(asked) ??
        (asked.path.includes('/contents/')
          ? { json: { ...file, name, ...facts } }
          : null)
    });
    await made.select(name);
    void made.commands.execute('ctadata:details');
    const { node, press } = await dialog();
    await until(() => node.querySelector('table'));
    return { ...made, node, press, facts: factsIn(node) };
  }

  const close = async (press: (label: string) => void): Promise<void> => {
    press('Close');
    await until(() => !document.querySelector('.jp-Dialog'));
  };

  it('should tell all that is known of a file', async () => {
    const { facts, press } = await detailsOf({
      size: 1_234_567,
      created: '2024-11-13T10:00:00Z',
      ctadata: { online: false, checksum: 'adler32:03da0195', version: 'W/"7"' }
    });
    expect(facts).toMatchObject({
      Storage: 'dCache',
      Kind: 'file',
      Size: expect.stringMatching(/^1[.,]2\d? MB \(1.234.567 bytes\)$/),
      Modified: new Date(file.last_modified).toLocaleString(),
      Created: new Date('2024-11-13T10:00:00Z').toLocaleString(),
      'Where it lies': 'on tape: reading it takes a while',
      Checksum: 'adler32:03da0195',
      'Version (ETag)': 'W/7'
    });
    await close(press);
  });

  it('should tell the path in all ways in which it is written, each to be copied', async () => {
    const { node, facts, press, storage } = await detailsOf({});
    const forms = formsOf(
      { source: 'dcache', path: '/lst/b.txt' },
      storage.sources.find('dcache')
    );
    expect(forms.length).toBeGreaterThan(3);
    const texts = forms.map(({ text }) => text);
    expect(Object.values(facts)).toEqual(expect.arrayContaining(texts));
    const buttons = node.querySelectorAll('[aria-label^="Copy: "]');
    expect(buttons).toHaveLength(forms.length);
    await close(press);
  });

  it('should claim nothing that is not known', async () => {
    const { facts, press } = await detailsOf({
      created: '1970-01-01T00:00:00Z',
      last_modified: '1970-01-01T00:00:00Z',
      ctadata: { online: null, checksum: null, version: null }
    });
    const unknown = ['Modified', 'Created', 'Where it lies', 'Checksum'];
    for (const name of [...unknown, 'Version (ETag)']) {
      expect(facts).not.toHaveProperty([name]);
    }
    await close(press);
  });

  it('should say of a file on disk that it is', async () => {
    const ctadata = { online: true, checksum: null, version: null };
    const { facts, press } = await detailsOf({ ctadata });
    expect(facts['Where it lies']).toBe('on disk');
    await close(press);
  });

  it('should count what is in a folder when that is asked, and forget the count at the end', async () => {
    const { node, press, jobs, asked } = await detailsOf(
      { type: 'directory', size: null },
      'sub'
    );
    const button = Array.from(node.querySelectorAll('button')).find(
      ({ textContent }) => textContent === 'Count what is inside'
    )!;
    expect(jobs).toHaveLength(0);
    button.click();
    await until(() => jobs.length);
    expect(jobs[0]).toMatchObject({
      kind: 'measure',
      from: { source: 'dcache', paths: ['/lst/sub'] }
    });
    jobs[0] = { ...jobs[0], state: 'done', files_total: 3, bytes_total: 9 };
    await until(() => node.textContent?.includes('In all 3 files with 9 B.'));
    await close(press);
    await until(() => asked.some(({ method }) => method === 'DELETE'));
    expect(Array.from(node.querySelectorAll('button'))).not.toContain(
      expect.objectContaining({ textContent: 'Verify a Local Copy…' })
    );
  });

  it.each([
    [
      { same: true, size: 9, theirs: 'md5:0', ours: 'md5:0' },
      '“copy.txt” is the same: md5 checked.',
      'ok'
    ],
    [
      { same: true, size: 9, theirs: null, ours: null },
      '“copy.txt” has the same size; the storage has no checksum to compare.',
      'ok'
    ],
    [
      { same: false, size: 9, theirs: 'md5:0', ours: 'md5:1' },
      '“copy.txt” (9 bytes) is not the same.',
      'bad'
    ]
  ])(
    'should tell whether a local copy is the same: %j',
    async (found, words, tone) => {
      jest.spyOn(FileDialog, 'getOpenFiles').mockResolvedValue({
        button: Dialog.okButton(),
        isChecked: null,
        value: [{ path: 'notes/copy.txt', name: 'copy.txt' } as Contents.IModel]
      });
      const { press, asked } = await detailsOf({}, 'b.txt', {
        answer: ({ path }) =>
          path.includes('/verify/')
            ? { pieces: ['{"done": 4}\n', JSON.stringify(found) + '\n'] }
            : null
      });
      press('Verify a Local Copy…');
      const verdict = (): Element | null =>
        document.querySelector('.jp-Dialog [role="status"] span');
      await until(verdict);
      expect(verdict()?.textContent).toBe(words);
      expect(verdict()?.className).toBe(`ctadata-mod-${tone}`);
      const paths = asked.map(({ path }) => path);
      expect(paths.filter(path => path.includes('/verify/'))).toEqual([
        'ctadata-jlab/verify/dcache/lst/b.txt?local=local%2Fnotes%2Fcopy.txt'
      ]);
      await close((await dialog()).press);
      jest.restoreAllMocks();
    }
  );
});
