/** The arrows that unfold folders in the list, by mouse and by key. */

import type { DirListing } from '@jupyterlab/filebrowser';

import type { CtaModel } from '../model';
import type { ICore } from './core';
import { TWISTY } from './row';

/** What a press of the mouse makes of events. */
const PRESSES = ['mousedown', 'mouseup', 'click', 'dblclick'];

/** Folds and unfolds folders. */
export class Twisties {
  /** Construct it for a list. */
  constructor(list: DirListing, core: ICore, model: CtaModel) {
    this._list = list;
    this._core = core;
    this._model = model;
  }

  /** Take a click on the arrow of a folder: it unfolds it, and does nothing else. */
  click(event: Event): boolean {
    const { target, type } = event;
    const isMine =
      PRESSES.includes(type) &&
      target instanceof HTMLElement &&
      target.classList.contains(TWISTY) &&
      target.dataset.fold !== 'none';
    if (isMine && type === 'click') {
      const item = this._list.modelForClick(event as MouseEvent);
      void (item && this._model.toggle(item));
    }
    return isMine;
  }

  /** Take a key: right unfolds a folder or goes into it, left folds it or goes to its parent. */
  press(key: string): boolean {
    const core = this._core;
    const item = core._sortedItems[core._focusIndex];
    if (!this._model.isTree || !item || !/^Arrow(Left|Right)$/.test(key)) {
      return false;
    }
    const isUnfolded = this._model.foldOf(item) === 'unfolded';
    const isRight = key === 'ArrowRight';
    if (item.type === 'directory' && isRight !== isUnfolded) {
      void this._model.toggle(item);
      return true;
    }
    const parent = item.path.slice(0, item.path.lastIndexOf('/'));
    const to = isRight
      ? core._focusIndex + (isUnfolded ? 1 : 0)
      : core._sortedItems.findIndex(row => row.path === parent);
    if (to >= 0 && to < core._sortedItems.length) {
      core._selectItem(to, false, true);
    }
    return true;
  }

  private _list: DirListing;
  private _core: ICore;
  private _model: CtaModel;
}
