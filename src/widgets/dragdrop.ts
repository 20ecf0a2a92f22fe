/** Dragging from our list to JupyterLab's file browser. */

import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import type { Drag } from '@lumino/dragdrop';

import { isOurs } from '../paths';

/** What JupyterLab's browsers drag. */
const CONTENTS_MIME = 'application/x-jupyter-icontents';

/** What marks the place where a drop would go. */
const TARGET = 'ctadata-mod-dropTarget';

/**
 * Let a file browser take our files.
 *
 * #### Notes
 * Its own handlers would try to move a file between drives, which fails
 * without a word; so ours come first, and only for our paths. `onDrop` gets the
 * path of the folder as that browser spells it.
 */
export function acceptOurs(
  browser: FileBrowser,
  onDrop: (paths: string[], folder: string) => void
): IDisposable {
  const { node } = browser;
  const handle = (raw: Event): void => {
    const event = raw as Drag.Event;
    const paths = oursOf(event);
    const list = node.querySelector('.jp-DirListing-content');
    if (!paths.length || !list?.contains(event.target as Node)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    list.classList.toggle(TARGET, event.type !== 'lm-drop');
    if (event.type === 'lm-dragleave') {
      list.classList.remove(TARGET);
      return;
    }
    event.dropAction = event.proposedAction;
    if (event.type === 'lm-drop') {
      onDrop(paths, folderAt(browser, event));
    }
  };
  const types = ['lm-dragenter', 'lm-dragover', 'lm-dragleave', 'lm-drop'];
  types.forEach(type => node.addEventListener(type, handle, true));
  return new DisposableDelegate(() =>
    types.forEach(type => node.removeEventListener(type, handle, true))
  );
}

function oursOf(event: Drag.Event): string[] {
  if (!event.mimeData.hasData(CONTENTS_MIME)) {
    return [];
  }
  const paths = event.mimeData.getData(CONTENTS_MIME) as string[];
  return paths.every(isOurs) ? paths : [];
}

function folderAt(browser: FileBrowser, event: Drag.Event): string {
  const item = browser.modelForClick(event);
  return item?.type === 'directory' ? item.path : browser.model.path;
}
