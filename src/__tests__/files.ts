/** JupyterLab's file browser, as far as others hold on to it; for tests. */

import { Signal } from '@lumino/signaling';

/** A file browser that shows `notes`, with what is selected there, and what it was asked to do. */
export function filesOf(...selected: string[]) {
  const done: string[] = [];
  const files = {
    done,
    /** The paths that are selected there. */
    selected,
    node: document.createElement('div'),
    disposed: new Signal({}),
    model: {
      path: 'notes',
      refresh: () => Promise.resolve(void done.push('refresh'))
    },
    selectedItems: () =>
      files.selected.map(path => ({ path }))[Symbol.iterator](),
    cut: () => void done.push('cut'),
    copy: () => void done.push('copy'),
    paste: () => Promise.resolve(void done.push('paste'))
  };
  return files;
}
