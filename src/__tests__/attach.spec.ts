import type { ISessionContext } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';

import {
  METADATA,
  attach,
  attachedOf,
  codeToRestore,
  codeToSet,
  isTrusted,
  isVariable,
  variableOf
} from '../attach';
import type { INotebookModel } from '../attach';
import { Handles } from '../handles';

const RUN = { name: 'run', source: 'dcache', path: '/lst/run.h5' };

/** A notebook's model, as far as it is needed. */
class Notebook implements INotebookModel {
  constructor(public cells: { type: string; trusted?: boolean }[]) {}

  getMetadata(key: string): unknown {
    return this.metadata[key];
  }

  setMetadata(key: string, value: unknown): void {
    this.metadata[key] = value;
  }

  metadata: Record<string, unknown> = {};
}

/** A session whose kernel notes what it is told to run. */
function session(language = 'python', error = '') {
  const asked: string[] = [];
  const owner = {};
  const statusChanged = new Signal<object, string>(owner);
  const kernelChanged = new Signal<object, { newValue: unknown }>(owner);
  const content = error
    ? { status: 'error', ename: 'E', evalue: error }
    : { status: 'ok' };
  const kernel = {
    name: 'here',
    requestExecute: ({ code }: { code: string }) => {
      asked.push(code);
      return { done: Promise.resolve({ content }) };
    }
  };
  const context = {
    ...{ statusChanged, kernelChanged },
    specsManager: { specs: { kernelspecs: { here: { language } } } },
    session: { kernel }
  } as unknown as ISessionContext;
  return { asked, kernel, statusChanged, kernelChanged, context };
}

const settled = () => new Promise(resolve => setTimeout(resolve, 0));

describe('a variable', () => {
  it.each(['run', 'Run_1', 'x'])('may be called %p', name => {
    expect(isVariable(name)).toBe(true);
  });

  it.each([
    '',
    '1a',
    '_private',
    '__import__',
    'a b',
    'a.b',
    'a=1;b',
    'é',
    'print',
    'class',
    'a\n',
    'display',
    'a'.repeat(101)
  ])('may not be called %p', name => {
    expect(isVariable(name)).toBe(false);
  });

  it.each([
    ['dl1_LST-1.Run01.h5', 'dl1_lst_1_run01'],
    ["run '1'.txt", 'run_1'],
    ['2024', 'data_2024'],
    ['été.fits', 'ete'],
    ['print.txt', 'print_data'],
    ['日本語', 'data']
  ])('for %p is called %p', (file, name) => {
    expect(isVariable(variableOf(file))).toBe(true);
    expect(variableOf(file)).toBe(name);
  });
});

describe('what is attached', () => {
  it('should be kept in the metadata, one thing for each variable', () => {
    const notebook = new Notebook([]);
    attach(notebook, { ...RUN, path: '/old' });
    attach(notebook, RUN);
    attach(notebook, { ...RUN, name: 'other' });
    expect(attachedOf(notebook)).toEqual([RUN, { ...RUN, name: 'other' }]);
  });

  it('should be code by repr, and nothing else', () => {
    const path = '/a\'\\\n"; import os #é';
    const handle =
      "__import__('ctadata_jlab').Handle('dcache', '/a\\'\\\\\\n\"; import os #é')";
    expect(codeToSet({ ...RUN, path })).toBe(`run = ${handle}`);
    expect(codeToRestore({ ...RUN, path })).toBe(
      `'run' in globals() or globals().update({'run': ${handle}})`
    );
  });

  it.each([
    { ...RUN, name: 'a; import os' },
    { ...RUN, name: 'print' },
    { ...RUN, source: "x'); import os; ('" },
    { ...RUN, path: 5 },
    { ...RUN, path: 'relative' },
    { ...RUN, path: '/a/../../b' },
    { ...RUN, name: 'x\ny' },
    { name: 'run' },
    null,
    'run'
  ])('should not be believed: %p', bad => {
    const notebook = new Notebook([]);
    notebook.setMetadata(METADATA, { attached: [bad, RUN] });
    expect(attachedOf(notebook)).toEqual([RUN]);
    notebook.setMetadata(METADATA, { attached: bad });
    expect(attachedOf(notebook)).toEqual([]);
  });
});

describe('trust', () => {
  it.each([
    [[{ type: 'code', trusted: true }], true],
    [[{ type: 'code', trusted: true }, { type: 'markdown' }], true],
    [
      [
        { type: 'code', trusted: true },
        { type: 'code', trusted: false }
      ],
      false
    ],
    [[{ type: 'markdown' }], false],
    [[], false]
  ])('should come from the code cells: %j is %p', (cells, trusted) => {
    expect(isTrusted(new Notebook(cells))).toBe(trusted);
  });
});

describe('a kernel', () => {
  const trusted = [{ type: 'code', trusted: true }];

  it('should get what is attached, and again at once when it is another one', async () => {
    const { asked, kernel, statusChanged, kernelChanged, context } = session();
    const told: string[] = [];
    const handles = new Handles(new Notebook(trusted), context, problem =>
      told.push(problem)
    );
    await handles.add(RUN);
    expect(asked).toEqual([codeToSet(RUN)]);
    statusChanged.emit('busy');
    statusChanged.emit('idle');
    await settled();
    expect(asked).toHaveLength(1);
    kernelChanged.emit({ newValue: kernel });
    expect(asked.slice(1)).toEqual([codeToRestore(RUN)]);
    kernelChanged.emit({ newValue: null });
    expect(asked).toHaveLength(2);
    statusChanged.emit('autorestarting');
    await settled();
    expect(asked.slice(2)).toEqual([codeToRestore(RUN)]);
    expect(told).toEqual([]);
    handles.dispose();
    kernelChanged.emit({ newValue: kernel });
    statusChanged.emit('autorestarting');
    await settled();
    expect(asked).toHaveLength(3);
  });

  it('should get each by itself, so that one that cannot be does not keep the others away', () => {
    const { asked, kernel, kernelChanged, context } = session();
    const notebook = new Notebook(trusted);
    attach(notebook, RUN);
    attach(notebook, { ...RUN, name: 'other' });
    new Handles(notebook, context, () => undefined);
    kernelChanged.emit({ newValue: kernel });
    expect(asked).toHaveLength(2);
  });

  it('should get nothing of a notebook that is not trusted', async () => {
    const { asked, kernel, statusChanged, kernelChanged, context } = session();
    const notebook = new Notebook([...trusted, { type: 'code' }]);
    attach(notebook, RUN);
    new Handles(notebook, context, () => undefined);
    kernelChanged.emit({ newValue: kernel });
    statusChanged.emit('autorestarting');
    await settled();
    expect(asked).toEqual([]);
  });

  it('should be told of when it has no Python, or not this package', async () => {
    const told: string[] = [];
    const { asked, context } = session('julia');
    await new Handles(new Notebook(trusted), context, problem =>
      told.push(problem)
    ).add(RUN);
    expect(asked).toEqual([]);
    await new Handles(
      new Notebook(trusted),
      session('python', 'No module named ctadata_jlab').context,
      problem => told.push(problem)
    ).add(RUN);
    expect(told).toEqual(['julia', 'No module named ctadata_jlab']);
  });
});
