/** Renaming in a long list, in which rows of other folders may be shown. */

import type { Contents } from '@jupyterlab/services';

import { nameOf } from '../paths';
import type { ICore } from './core';
import type { Drawing } from './drawing';
import type { Selecting } from './selecting';

/** What renaming asks of the listing. */
export interface IRenamed {
  /** The folder that is shown, as a path of JupyterLab's. */
  path(): string;
  /** Whether what is shown may be changed; the user is told if not. */
  mayChange(): boolean;
  /** Be a list of another folder; null: of the one that is shown. */
  standIn(folder: string | null): void;
  /** Show the rows that have waited. */
  show(): void;
}

/** Has JupyterLab's code rename where the row lies, one row at a time. */
export class Renaming {
  /** Construct it for a list. */
  constructor(
    core: ICore,
    selecting: Selecting,
    drawing: Drawing,
    list: IRenamed
  ) {
    this._list = list;
    this._core = core;
    this._selecting = selecting;
    this._drawing = drawing;
  }

  /** Come before JupyterLab's code. */
  connect(): void {
    const core = this._core;
    const { _doRename } = core;
    core._doRename = () => this._rename(() => _doRename.call(core));
  }

  /**
   * Whether other rows wait until a name is typed.
   *
   * #### Notes
   * They would move the field to another row, or take it away with its row and
   * with half a name. Where its file is not among them, nothing is renamed.
   */
  holds(rows: readonly Contents.IModel[]): boolean {
    const editor = this._core._editNode;
    const path = this._typed;
    if (path === undefined || !editor?.isConnected) {
      return false;
    }
    const isThere = rows.some(row => row.path === path);
    if (!isThere) {
      editor.value = nameOf(path);
      editor.blur();
    }
    return isThere;
  }

  private async _rename(rename: () => Promise<string>): Promise<string> {
    const core = this._core;
    if (core._inRename || !this._list.mayChange()) {
      return '';
    }
    const path = this._path();
    this._drawing.reveal(
      core._sortedItems.findIndex(item => item.path === path)
    );
    const folder = path?.slice(0, path.lastIndexOf('/'));
    if (folder && folder !== this._list.path()) {
      this._list.standIn(folder);
    }
    this._typed = path;
    try {
      return await rename();
    } catch (reason) {
      core._inRename = false;
      throw reason;
    } finally {
      this._typed = undefined;
      this._list.standIn(null);
      this._list.show();
    }
  }

  /** The row that JupyterLab's code takes, too: the one with the focus, or the one that was selected last. */
  private _path(): string | undefined {
    const { _sortedItems, _focusIndex } = this._core;
    const focused = _sortedItems[_focusIndex]?.path;
    const { record } = this._selecting.paths;
    const paths = Object.keys(record);
    return record[focused] ? focused : paths[paths.length - 1];
  }

  private _list: IRenamed;
  private _core: ICore;
  private _selecting: Selecting;
  private _drawing: Drawing;
  private _typed: string | undefined;
}
