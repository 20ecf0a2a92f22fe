/** The order of rows. */

import type { DirListing } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';

/** Compares two rows: folders first, then by the column, then by name. */
export function compareBy(
  state: DirListing.ISortState,
  language?: string
): (a: Contents.IModel, b: Contents.IModel) => number {
  const collator = collatorOf(language);
  const byName = (a: Contents.IModel, b: Contents.IModel): number =>
    collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
  const value = valueOf(state.key);
  // JupyterLab calls the newest first "ascending", and the smallest.
  const sign = state.direction === 'descending' ? -1 : 1;
  return (a, b) => {
    const [aFolder, bFolder] = [a.type === 'directory', b.type === 'directory'];
    if (aFolder !== bFolder) {
      return aFolder ? -1 : 1;
    }
    if (!value) {
      return sign * byName(a, b);
    }
    const difference = value(a) - value(b);
    return difference ? sign * difference : byName(a, b);
  };
}

function valueOf(
  key: DirListing.ISortState['key']
): ((item: Contents.IModel) => number) | null {
  if (key === 'file_size') {
    return item => item.size ?? 0;
  }
  if (key === 'last_modified' || key === 'date_created') {
    return item => -(Date.parse(item.last_modified) || 0);
  }
  return null;
}

function collatorOf(language?: string): Intl.Collator {
  const options: Intl.CollatorOptions = { numeric: true, sensitivity: 'base' };
  try {
    return new Intl.Collator(language?.replace('_', '-'), options);
  } catch {
    return new Intl.Collator(undefined, options);
  }
}
