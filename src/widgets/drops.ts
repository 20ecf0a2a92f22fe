/** What is dropped on the listing: files of a Jupyter browser, and of the desktop. */

import type { DirListing } from '@jupyterlab/filebrowser';
import type { Drag } from '@lumino/dragdrop';

import { dropOf } from '../manifest';
import type { IDrop } from '../manifest';
import { placeOf } from '../paths';
import type { IPlace } from '../paths';
import type { ICore } from './core';
import { CONTENTS_MIME, isCopy } from './dragdrop';

/** JupyterLab's mark of the place where a drop would go. */
const MARK = 'jp-mod-dropTarget';

/** What the panel does with what is dropped. */
export interface IDropHooks {
  /** Whether a folder takes nothing. */
  isReadOnly(folder: IPlace): boolean;
  /** Upload what was dropped from the desktop. */
  dropFiles(drop: IDrop, folder: IPlace): void;
  /** Bring dragged files of a Jupyter browser here. */
  dropPaths(paths: string[], folder: IPlace, copy: boolean): void;
}

/** Takes drops on a folder's row, or on the list for the folder that is shown. */
export class Drops {
  /** Construct it for a list; without hooks nothing is taken. */
  constructor(
    list: DirListing,
    core: ICore,
    shown: { readonly path: string },
    hooks: () => IDropHooks | null
  ) {
    this._list = list;
    this._core = core;
    this._content = list.contentNode;
    this._shown = shown;
    this._hooks = hooks;
  }

  /** Upload what is dropped from the desktop. */
  takeNative(event: DragEvent): void {
    event.preventDefault();
    const drop = dropOf(event.dataTransfer);
    if (drop.entries.length || drop.files.length) {
      this._hooks()?.dropFiles(drop, this._folderAt(event));
    }
  }

  /** Take files of a Jupyter browser anywhere in the list. */
  enter(event: Drag.Event): void {
    if (event.mimeData.hasData(CONTENTS_MIME)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** Show where a drop would go. */
  over(event: Drag.Event): void {
    event.preventDefault();
    event.stopPropagation();
    if (this._hooks()?.isReadOnly(this._folderAt(event))) {
      event.dropAction = 'none';
      return;
    }
    event.dropAction = event.proposedAction;
    const { clientX, clientY } = event;
    this._dragged = new MouseEvent(event.type, { clientX, clientY });
    this.mark();
  }

  /** Mark what lies below the pointer of a drag: while the list scrolls, that changes without an event. */
  mark(): void {
    if (this._dragged) {
      this._clear();
      const row = this._folderRowAt(this._dragged);
      (row ?? this._content).classList.add(MARK);
    }
  }

  /** Show no target any more. */
  leave(event: Drag.Event): void {
    event.preventDefault();
    event.stopPropagation();
    this._end();
  }

  /** Bring dragged files here. */
  take(event: Drag.Event): void {
    event.preventDefault();
    event.stopPropagation();
    this._end();
    if (
      event.proposedAction === 'none' ||
      !event.mimeData.hasData(CONTENTS_MIME)
    ) {
      event.dropAction = 'none';
      return;
    }
    event.dropAction = event.proposedAction;
    const paths = event.mimeData.getData(CONTENTS_MIME) as string[];
    this._hooks()?.dropPaths(paths, this._folderAt(event), isCopy(event));
  }

  private _folderAt(event: MouseEvent): IPlace {
    const item = this._list.modelForClick(event);
    return placeOf(item?.type === 'directory' ? item.path : this._shown.path);
  }

  private _folderRowAt(event: MouseEvent): HTMLElement | null {
    const item = this._list.modelForClick(event);
    if (item?.type !== 'directory') {
      return null;
    }
    const index = this._core._sortedItems.indexOf(item);
    return this._core._items[index] ?? null;
  }

  private _end(): void {
    this._dragged = null;
    this._clear();
  }

  private _clear(): void {
    this._content.classList.remove(MARK);
    const marked = this._content.querySelectorAll(`.${MARK}`);
    marked.forEach(node => node.classList.remove(MARK));
  }

  private _list: DirListing;
  private _core: ICore;
  private _content: HTMLElement;
  private _shown: { readonly path: string };
  private _hooks: () => IDropHooks | null;
  private _dragged: MouseEvent | null = null;
}
