/** Where dragged files may be dropped, beside our own rows. */

import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';
import type { Drag } from '@lumino/dragdrop';

/** What JupyterLab's browsers drag. */
export const CONTENTS_MIME = 'application/x-jupyter-icontents';

/** What marks the place where a drop would go. */
export const TARGET = 'ctadata-mod-dropTarget';

/** How long a drag rests on something before that opens, in ms. */
const REST = 900;

/** A place for a drop. */
export interface IDropTarget {
  /** What is marked while the drag is over it. */
  node: Element;
  /** Takes the drop. */
  drop(paths: string[], event: Drag.Event): void;
}

/** The place at which an event of a drag happens; null where it is none of ours. */
export type TargetAt = (
  event: Drag.Event,
  paths: string[]
) => IDropTarget | null;

/**
 * Take drags of files over an element, before anybody else gets them.
 *
 * #### Notes
 * JupyterLab's own handlers would try to rename a file from one drive to
 * another, which fails without a word; so ours come first, and only where
 * `targetAt` gives a place.
 */
export function takeDrags(
  root: EventTarget,
  targetAt: TargetAt,
  className = TARGET
): IDisposable {
  let marked: Element | null = null;
  const mark = (node: Element | null): void => {
    if (node !== marked) {
      marked?.classList.remove(className);
      node?.classList.add(className);
      marked = node;
    }
  };
  const handle = (raw: Event): void => {
    const event = raw as Drag.Event;
    const paths = pathsOf(event);
    const target =
      paths.length && event.type !== 'lm-dragleave'
        ? targetAt(event, paths)
        : null;
    mark(event.type === 'lm-drop' ? null : (target?.node ?? null));
    if (target) {
      event.preventDefault();
      event.stopPropagation();
      event.dropAction = event.proposedAction;
      if (event.type === 'lm-drop') {
        target.drop(paths, event);
      }
    }
  };
  const types = ['lm-dragenter', 'lm-dragover', 'lm-dragleave', 'lm-drop'];
  types.forEach(type => root.addEventListener(type, handle, true));
  return new DisposableDelegate(() => {
    mark(null);
    types.forEach(type => root.removeEventListener(type, handle, true));
  });
}

/** The paths that a drag carries, as JupyterLab spells them. */
function pathsOf(event: Drag.Event): string[] {
  return event.mimeData.hasData(CONTENTS_MIME)
    ? (event.mimeData.getData(CONTENTS_MIME) as string[])
    : [];
}

/** Whether a drop asks for a copy: Ctrl, or Option on a Mac. */
export function isCopy(event: MouseEvent): boolean {
  return event.ctrlKey || event.altKey;
}

/** The folder of a file browser that a place in it means: a row, a crumb, or the empty area. */
export function folderAt(
  browser: FileBrowser,
  event: Drag.Event
): { node: Element; path: string } | null {
  const crumb = crumbAt(browser, event);
  if (crumb) {
    return crumb;
  }
  const at = event.target as Element;
  const list = at.closest('.jp-DirListing-content');
  if (!list || !browser.node.contains(list)) {
    return null;
  }
  const item = browser.modelForClick(event);
  const row = at.closest('.jp-DirListing-item');
  return item?.type === 'directory' && row
    ? { node: row, path: item.path }
    : { node: list, path: browser.model.path };
}

/** The crumb at a place of a file browser, with the folder that it stands for. */
export function crumbAt(
  browser: FileBrowser,
  event: Event
): { node: Element; path: string } | null {
  const crumb = (event.target as Element).closest<HTMLElement>(
    '.jp-BreadCrumbs-item, .jp-BreadCrumbs-home'
  );
  if (!crumb || !browser.node.contains(crumb)) {
    return null;
  }
  const isHome = crumb.classList.contains('jp-BreadCrumbs-home');
  const path = crumb.dataset.path ?? (isHome ? '/' : crumb.title);
  return { node: crumb, path };
}

/**
 * Open what a drag rests on, so that it can be dropped inside.
 *
 * #### Notes
 * `at` gives what is there as an element and what opens it; nothing is kept
 * from the handlers of the drop itself. Where a list scrolls below the drag,
 * nobody rests on anything.
 */
export function springOpen(
  root: EventTarget,
  at: (event: Drag.Event) => { node: Element; open(): void } | null,
  rest = REST
): IDisposable {
  let node: Element | null = null;
  let timer = 0;
  const stop = (): void => {
    window.clearTimeout(timer);
    node = null;
  };
  const handle = (raw: Event): void => {
    const event = raw as Drag.Event;
    const isOver =
      event.type === 'lm-dragenter' || event.type === 'lm-dragover';
    const found = isOver && pathsOf(event).length ? at(event) : null;
    if (found?.node !== node || !found) {
      stop();
      node = found?.node ?? null;
      timer = found ? window.setTimeout(() => found.open(), rest) : 0;
    }
  };
  const types = ['lm-dragenter', 'lm-dragover', 'lm-dragleave', 'lm-drop'];
  types.forEach(type => root.addEventListener(type, handle, true));
  root.addEventListener('scroll', stop, true);
  return new DisposableDelegate(() => {
    stop();
    root.removeEventListener('scroll', stop, true);
    types.forEach(type => root.removeEventListener(type, handle, true));
  });
}

/** Mark the folder's row that files from the desktop would be dropped into. */
export function markNativeDrops(
  list: HTMLElement,
  isFolder: (row: HTMLElement) => boolean
): IDisposable {
  let marked: Element | null = null;
  const handle = (event: DragEvent): void => {
    const row =
      event.type === 'dragover'
        ? (event.target as Element).closest<HTMLElement>('.jp-DirListing-item')
        : null;
    const target = row && isFolder(row) ? row : null;
    if (target !== marked) {
      marked?.classList.remove(TARGET);
      target?.classList.add(TARGET);
      marked = target;
    }
  };
  const types = ['dragover', 'dragleave', 'dragend', 'drop'] as const;
  types.forEach(type => list.addEventListener(type, handle, true));
  return new DisposableDelegate(() =>
    types.forEach(type => list.removeEventListener(type, handle, true))
  );
}
