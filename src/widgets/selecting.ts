/** What is selected in the listing, as JupyterLab's code and the user see it. */

import type { DirListing } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';

import { Selection } from '../selection';
import type { ICore } from './core';

/** Over so many rows JupyterLab's own way to select a range takes too long. */
const LONG = 200;

/** Selects rows of a long list, most of which are not in the page. */
export class Selecting {
  /** Construct it with what tells whether an event is on the box of a row, or of all. */
  constructor(
    list: DirListing,
    core: ICore,
    isOnBox: (event: MouseEvent) => boolean
  ) {
    this._list = list;
    this._core = core;
    this._isOnBox = isOnBox;
  }

  /** The paths that are selected. */
  readonly paths = new Selection();

  /** The selected rows, in their order; the same array as long as nothing changes. */
  get rows(): readonly Contents.IModel[] {
    return this.paths.of(this._core._sortedItems);
  }

  /** Be what JupyterLab's code has for its selection. */
  connect(): void {
    const core = this._core;
    Object.defineProperty(this._list, 'selection', {
      get: () => this._part ?? this.paths.record,
      set: (record: object) => this.paths.take(Object.keys(record))
    });
    const { _handleMultiSelect } = core;
    core._handleMultiSelect = index => {
      const from = core._focusIndex;
      if (Math.abs(index - from) < LONG) {
        _handleMultiSelect?.call(core, index);
      } else {
        this.paths.extend(core._sortedItems, from, index);
        core._selectionChanged?.emit(undefined);
      }
    };
  }

  /** Show JupyterLab's code what is selected of some rows alone; null: all that is. */
  narrow(rows: readonly Contents.IModel[] | null): void {
    this._part = rows && this.paths.within(rows);
  }

  /** Keep of the selection what is among these rows. */
  keep(rows: readonly Contents.IModel[]): void {
    if (this.paths.size) {
      this.paths.take(this.paths.of(rows).map(row => row.path));
    }
  }

  /** Select all rows. */
  all(): void {
    this._choose(this._core._sortedItems);
  }

  /** Take a click on the box of all rows: it selects all if none is, as quick as Ctrl+A. */
  click(event: Event): boolean {
    const { headerNode } = this._list;
    const isMine =
      event.type === 'click' &&
      event.target instanceof Node &&
      headerNode.contains(event.target) &&
      this._box !== undefined &&
      this._isOnBox(event as MouseEvent);
    if (isMine) {
      this._choose(this.paths.size ? [] : this._core._sortedItems);
    }
    return isMine;
  }

  /** Say of how many rows how many are selected. */
  tell(count: number): void {
    const { size } = this.paths;
    this._list.toggleClass('jp-mod-selected', size > 0);
    this._list.toggleClass('jp-mod-multiSelected', size > 1);
    const box = this._box;
    if (box) {
      box.checked = size > 0 && size === count;
      box.indeterminate = size > 0 && size < count;
    }
  }

  /** The box of all rows, if this JupyterLab has one. */
  private get _box(): HTMLInputElement | undefined {
    const { renderer, headerNode } = this._list;
    return renderer.getCheckboxNode?.(headerNode) ?? undefined;
  }

  /** Select these rows and no others. */
  private _choose(rows: readonly Contents.IModel[]): void {
    this.paths.take(rows.map(row => row.path));
    this._core._selectionChanged?.emit(undefined);
    this._list.update();
  }

  private _list: DirListing;
  private _core: ICore;
  private _isOnBox: (event: MouseEvent) => boolean;
  private _part: Record<string, boolean> | null = null;
}
