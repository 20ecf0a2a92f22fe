/** Changes of files that JupyterLab's contents manager tells. */

import type { Contents } from '@jupyterlab/services';

import { DRIVE, localOf } from './paths';

/**
 * A change as our drive spells it; a side that is none of ours is null.
 *
 * #### Notes
 * JupyterLab's model adds the drive's name to paths that have it already.
 */
export function ofDrive(change: Contents.IChangedArgs): Contents.IChangedArgs {
  const bare = (value: Partial<Contents.IModel> | null) =>
    value?.path?.startsWith(`${DRIVE}:`)
      ? { ...value, path: localOf(value.path) }
      : null;
  return {
    ...change,
    oldValue: bare(change.oldValue),
    newValue: bare(change.newValue)
  };
}

/** The folders in which something changed. */
export function foldersOf(change: Contents.IChangedArgs): string[] {
  return [change.oldValue, change.newValue].flatMap(value =>
    value?.path === undefined
      ? []
      : [value.path.slice(0, value.path.lastIndexOf('/'))]
  );
}
