/** Files and folders of remote storage that a notebook has by name: noted in its metadata, given to its kernel as lazy handles. */

import { pythonString } from './snippets';
import type { IPlace } from './paths';

/** One attached file or folder: the variable, and what it stands for. */
export interface IAttached extends IPlace {
  name: string;
}

/** What is needed of a notebook's model. */
export interface INotebookModel {
  readonly cells: Iterable<{
    readonly type: string;
    readonly trusted?: boolean;
  }>;
  getMetadata(key: string): unknown;
  setMetadata(key: string, value: unknown): void;
}

/** Where a notebook's metadata has them. */
export const METADATA = 'ctadata_jlab';

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
const SOURCE = /^[\p{L}\p{N}-]+$/u;

/** What means something to Python already: its keywords, and what everybody calls. */
const TAKEN = new Set(
  (
    'False None True and as assert async await break case class continue def del elif else except finally for from ' +
    'global if import in is lambda match nonlocal not or pass raise return try type while with yield ' +
    'abs all any bool bytes callable chr compile delattr dict dir display enumerate eval exec exit filter float format ' +
    'frozenset get_ipython getattr globals hasattr hash help hex id input int isinstance issubclass iter len list ' +
    'locals map max memoryview min next object open ord pow print property quit range repr reversed round set setattr ' +
    'slice sorted staticmethod str sum super tuple vars zip'
  ).split(' ')
);

/** Whether a variable may be called so: a plain identifier that means nothing else to Python. */
export function isVariable(name: string): boolean {
  return NAME.test(name) && !TAKEN.has(name);
}

/** A name for the variable of a file, from the file's own. */
export function variableOf(file: string): string {
  const plain = file
    .replace(/\.[A-Za-z0-9]+$/, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase()
    .slice(0, 60);
  const name = /^[a-z]/.test(plain) ? plain : `data_${plain}`.replace(/_$/, '');
  return isVariable(name) ? name : `${name}_data`;
}

/** Whether a document's model is a notebook's. */
export function isNotebookModel(model: unknown): model is INotebookModel {
  return (
    typeof model === 'object' &&
    model !== null &&
    'cells' in model &&
    'getMetadata' in model &&
    'setMetadata' in model
  );
}

/**
 * Whether the user trusts a notebook, as JupyterLab knows it: by its code cells.
 *
 * #### Notes
 * Without any it is not known; what such a notebook says is not run.
 */
export function isTrusted(notebook: INotebookModel): boolean {
  const code = [...notebook.cells].filter(cell => cell.type === 'code');
  return code.length > 0 && code.every(cell => cell.trusted === true);
}

/** What a notebook has attached, without what is not sound: anybody may have written it. */
export function attachedOf(notebook: INotebookModel): IAttached[] {
  const noted = notebook.getMetadata(METADATA);
  const list = (noted as { attached?: unknown } | undefined)?.attached;
  return Array.isArray(list) ? list.filter(isSound) : [];
}

/** Note an attachment in a notebook; a variable stands for one thing. */
export function attach(notebook: INotebookModel, one: IAttached): void {
  const others = attachedOf(notebook).filter(({ name }) => name !== one.name);
  notebook.setMetadata(METADATA, { attached: [...others, { ...one }] });
}

/** The code of a handle; it asks no storage anything. */
function handleOf({ source, path }: IAttached): string {
  return `__import__('ctadata_jlab').Handle(${pythonString(source)}, ${pythonString(path)})`;
}

/** The code that sets a variable. */
export function codeToSet(one: IAttached): string {
  return `${one.name} = ${handleOf(one)}`;
}

/** The code that sets a variable which is not there: a kernel that runs on may have put something else into it. */
export function codeToRestore(one: IAttached): string {
  const name = pythonString(one.name);
  return `${name} in globals() or globals().update({${name}: ${handleOf(one)}})`;
}

/** Whether something is an attachment that is safe to make code of. */
function isSound(one: unknown): one is IAttached {
  const { name, source, path } = (one ?? {}) as Partial<IAttached>;
  return (
    typeof name === 'string' &&
    isVariable(name) &&
    typeof source === 'string' &&
    SOURCE.test(source) &&
    typeof path === 'string' &&
    path.startsWith('/') &&
    !path.split('/').includes('..')
  );
}
