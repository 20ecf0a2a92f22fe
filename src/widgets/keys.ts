/** The keys that the listing takes before JupyterLab's code does. */

import type { DirListing } from '@jupyterlab/filebrowser';

import type { ICore } from './core';
import type { Twisties } from './twisties';

/** Takes keys for the tree, for all rows, and while no row has the focus. */
export class Keys {
  /** Construct it for a list. */
  constructor(list: DirListing, core: ICore, twisties: Twisties) {
    this._list = list;
    this._core = core;
    this._twisties = twisties;
  }

  /** Take a key; false if it is JupyterLab's. */
  press(event: KeyboardEvent): boolean {
    const isTaken =
      !this._core._inRename && (this._twists(event) || this._selectsAll(event));
    if (isTaken) {
      event.preventDefault();
      event.stopPropagation();
      return true;
    }
    const isOnList = event.target === this._list.contentNode;
    return isOnList && this._pressOnList(event);
  }

  private _twists(event: KeyboardEvent): boolean {
    const { ctrlKey, metaKey, altKey, shiftKey, key } = event;
    const isPlain = !(ctrlKey || metaKey || altKey || shiftKey);
    return isPlain && this._twisties.press(key);
  }

  /** From JupyterLab 4.5 on there is a command for it, which comes first. */
  private _selectsAll(event: KeyboardEvent): boolean {
    const isAccel = (event.ctrlKey || event.metaKey) && !event.altKey;
    const isMine = isAccel && event.key === 'a';
    if (isMine) {
      void this._list.selectAll();
    }
    return isMine;
  }

  /** Do what JupyterLab's own keys would, which look for a row that has the focus. */
  private _pressOnList(event: KeyboardEvent): boolean {
    switch (event.key) {
      case 'Backspace':
        void this._list.goUp();
        break;
      case 'F2':
        event.stopPropagation();
        void this._list.rename();
        break;
      case 'Delete':
        event.stopPropagation();
        void this._list.delete();
        break;
      case 'ArrowUp':
      case 'ArrowDown':
        this._core._focusItem(this._core._focusIndex);
        break;
      default:
        return false;
    }
    event.preventDefault();
    return true;
  }

  private _list: DirListing;
  private _core: ICore;
  private _twisties: Twisties;
}
