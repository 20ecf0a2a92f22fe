import type { TranslationBundle } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';
import { createElement } from 'react';

import { confirmDelete } from '../commands/delete';
import type { CommandContext } from '../commands/context';
import { confirmAnswer } from '../commands/replace';
import { isTyped, wordToDelete, wordToReplace } from '../guard';
import type { SourcesModel } from '../sources';
import type { IJob, ISource } from '../wire';
import { askGuarded, GuardedBody } from '../widgets/guarded';
import { settle, until } from './server';

const trans: TranslationBundle = nullTranslator.load('');
const PROD = { title: 'dCache', production: true } as ISource;
const DEV = { title: 'dCache dev', production: false } as ISource;

describe('what has to be typed', () => {
  const file = { name: 'a.h5', isFolder: false };
  const folder = { name: 'DL1', isFolder: true };

  it.each([
    ['a folder that holds something', PROD, [folder], 3, 'DL1'],
    ['a folder of which nobody knows', PROD, [folder], null, 'DL1'],
    ['several, with such a folder', PROD, [folder, file], 3, '2'],
    ['an empty folder', PROD, [folder], 0, null],
    ['a file that has become a folder', PROD, [file], 3, 'a.h5'],
    ['a file', PROD, [file], 0, null],
    ['files', PROD, [file, file], null, null],
    ['anything elsewhere', DEV, [folder], 3, null],
    ['anything of a storage that is gone', undefined, [folder], 3, null]
  ] as const)('should fit %s', (_, source, doomed, inside, word) => {
    expect(wordToDelete(source, doomed, inside)).toBe(word);
  });

  it.each([
    ['shows nothing', ' \u00a0'],
    ['has a line break', 'DL1\nDL2'],
    ['has another line break', 'DL1\u2028DL2'],
    ['has a tab', 'DL1\tDL2'],
    ['has a mark without width', 'DL\u200b1']
  ])('should be the count where the name %s', (_, name) => {
    expect(wordToDelete(PROD, [{ name, isFolder: true }], 3)).toBe('1');
  });

  it.each(['a  b', 'a\u00a0b', ' a b '])(
    'should be a name as a label shows it: %j',
    name => {
      const word = wordToDelete(PROD, [{ name, isFolder: true }], 3);
      expect(word).toBe(name);
      expect(isTyped('a b', name)).toBe(true);
      expect(isTyped('ab', name)).toBe(false);
    }
  );

  it('should be the count where much is replaced on production storage', () => {
    expect(wordToReplace(PROD, 2)).toBe('2');
    expect(wordToReplace(PROD, 1)).toBeNull();
    expect(wordToReplace(DEV, 2)).toBeNull();
  });

  it('should be the very word, however its accents are composed', () => {
    expect(isTyped('cafe\u0301 ', 'café')).toBe(true);
    expect(isTyped('Café', 'café')).toBe(false);
    expect(isTyped('', 'café')).toBe(false);
  });
});

/** The dialog, once it is open, shows its words and has the focus. */
async function opened() {
  await until(
    () =>
      document.querySelector('.jp-Dialog .ctadata-Guard p') &&
      document.activeElement?.closest('.jp-Dialog')
  );
  return dialog();
}

/** The dialog that is open. */
function dialog() {
  const node = document.querySelector<HTMLElement>('.jp-Dialog')!;
  const accept = node.querySelector<HTMLButtonElement>('.jp-mod-accept')!;
  const reject = node.querySelector<HTMLButtonElement>('.jp-mod-reject')!;
  const field = node.querySelector<HTMLInputElement>('input');
  const type = async (text: string): Promise<void> => {
    const set = Object.getOwnPropertyDescriptor(
      HTMLInputElement.prototype,
      'value'
    )!.set!;
    set.call(field, text);
    field!.dispatchEvent(new Event('input', { bubbles: true }));
    await settle();
  };
  const press = (key: string, isComposing = false): boolean =>
    field!.dispatchEvent(
      new KeyboardEvent('keydown', {
        ...{ key, isComposing, bubbles: true, cancelable: true }
      })
    );
  return { node, accept, reject, field, type, press };
}

/** The surroundings of a deletion: the source, and how many files are counted. */
function deletion(
  source: ISource,
  type: string,
  files: number,
  confirms = true
) {
  const path = 'ctadata:dcache/lst/DL1';
  let counted: () => void = () => undefined;
  const done = new Promise<void>(resolve => (counted = resolve));
  const job = { id: '1', state: 'done', files_total: files, bytes_total: 5 };
  const started: unknown[] = [];
  const context = {
    trans,
    selection: [{ name: 'DL1', path, type }],
    sources: { find: () => source },
    options: { values: { confirmDelete: confirms } },
    jobs: {
      start: async (request: unknown) => (started.push(request), job),
      finished: () => done.then(() => job),
      act: async () => undefined,
      forget: async () => undefined
    }
  } as unknown as CommandContext;
  const asked = confirmDelete(context, {
    source: 'dcache',
    paths: ['/lst/DL1']
  });
  const isTold = (): unknown =>
    document.querySelector('.ctadata-Delete-amount')?.textContent?.match(/^In/);
  return { asked, started, counted: () => (counted(), until(isTold)) };
}

describe('the question before a deletion', () => {
  afterEach(() => {
    document
      .querySelectorAll('.jp-Dialog')
      .forEach(node =>
        node.querySelector<HTMLElement>('.jp-mod-reject')?.click()
      );
  });

  it('should want the name of a full folder on production, and its count first', async () => {
    const { asked, counted } = deletion(PROD, 'directory', 2);
    const { accept, field, type, press } = await opened();
    expect(document.activeElement).toBe(field);
    await type('DL1');
    expect(accept.disabled).toBe(true);
    press('Enter');
    await counted();
    expect(accept.disabled).toBe(false);
    await type('DL');
    expect(accept.disabled).toBe(true);
    press('Enter');
    await type('DL1');
    press('Enter');
    expect(await asked).toBe(true);
  });

  it('should stay disarmed whatever is input, clicked or asked of the dialog', async () => {
    const { asked, counted } = deletion(PROD, 'directory', 2);
    const { node, accept, field, type } = await opened();
    await type('x');
    await type('x'); // typed over by the same
    expect(accept.disabled).toBe(true);
    await counted();
    await type('x');
    await type('x');
    expect(accept.disabled).toBe(true);
    const elsewhere = document.body.appendChild(
      document.createElement('input')
    );
    elsewhere.dispatchEvent(new Event('input', { bubbles: true }));
    elsewhere.remove();
    expect(accept.disabled).toBe(true);
    const click = new MouseEvent('click', { bubbles: true });
    accept.querySelector('.jp-Dialog-buttonLabel')!.dispatchEvent(click);
    accept.disabled = false;
    accept.click();
    expect(node.isConnected).toBe(true);
    expect(field!.isConnected).toBe(true);
    await type('DL1');
    accept.click();
    expect(await asked).toBe(true);
  });

  it('should not take the Enter that ends a composition', async () => {
    const { asked, counted } = deletion(PROD, 'directory', 2);
    await counted();
    const { node, type, press } = await opened();
    await type('DL1');
    expect(press('Enter', true)).toBe(true); // left to the composition
    expect(node.isConnected).toBe(true);
    press('Enter');
    expect(await asked).toBe(true);
  });

  it('should want the name of what was a file and holds many by now', async () => {
    const { asked, counted } = deletion(PROD, 'file', 1000);
    await counted();
    const { accept, type } = await opened();
    expect(accept.disabled).toBe(true);
    await type('DL1');
    accept.click();
    expect(await asked).toBe(true);
  });

  it('should have its focus on Cancel once the field goes, however late the field had got it', async () => {
    class Body extends GuardedBody {
      protected words = (): JSX.Element => createElement('p');
    }
    const body = new Body(trans);
    body.word = 'DL1';
    const asked = askGuarded(body, 'Delete?', 'Delete');
    const { field, reject } = await opened();
    reject.focus();
    body.word = null;
    field!.focus(); // it is there until the next rendering
    await until(() => !field!.isConnected);
    expect(document.activeElement).toBe(reject);
    reject.click();
    expect(await asked).toBe(false);
  });

  it.each([
    ['an empty folder on production', PROD, 'directory', 0],
    ['a file on production', PROD, 'file', 1],
    ['a full folder elsewhere', DEV, 'directory', 7]
  ])('should be plain for %s', async (_, source, type, files) => {
    const { asked, counted } = deletion(source, type, files);
    await counted();
    const { accept, reject, field } = await opened();
    expect(field).toBeNull();
    expect(document.activeElement).toBe(reject);
    expect(accept.disabled).toBe(false);
    accept.click();
    expect(await asked).toBe(true);
  });

  it('should be left out where the user wants that, never on production', async () => {
    const elsewhere = deletion(DEV, 'directory', 7, false);
    expect(await elsewhere.asked).toBe(true);
    expect(elsewhere.started).toEqual([]);
    const { asked } = deletion(PROD, 'file', 1, false);
    (await opened()).reject.click();
    expect(await asked).toBe(false);
  });
});

describe('the question before much is replaced', () => {
  const job = (count: number) =>
    ({
      to: { source: 'dcache', path: '/lst' },
      question: { count, examples: ['/lst/a', '/lst/b'], choices: [] }
    }) as unknown as IJob;
  const sources = (source: ISource) =>
    ({ find: () => source }) as unknown as SourcesModel;

  it.each([
    ['one file', PROD, 1, 'replace'],
    ['nothing', PROD, 5, 'skip'],
    ['nothing, as both are kept', PROD, 5, 'rename'],
    ['files elsewhere', DEV, 5, 'replace']
  ] as const)('should not come for %s', async (_, source, count, answer) => {
    const asked = confirmAnswer(job(count), answer, sources(source), trans);
    expect(await asked).toBe(true);
  });

  it.each([
    ['replace', 'Replace 5 files?', 'These files on', 'Replace'],
    [
      'newer',
      'Replace those of 5 files that are older?',
      'those older than',
      'Replace older'
    ]
  ] as const)(
    'should come for several files of production, and say which: %s',
    async (answer, title, words, label) => {
      const asked = confirmAnswer(job(5), answer, sources(PROD), trans);
      const { node, accept, type, press } = await opened();
      expect(node.textContent).toContain('and 3 more');
      expect(node.querySelector('.jp-Dialog-header')!.textContent).toBe(title);
      expect(node.textContent).toContain(words);
      expect(accept.textContent).toBe(label);
      expect(accept.disabled).toBe(true);
      await type('5');
      press('Enter');
      expect(await asked).toBe(true);
    }
  );
});
