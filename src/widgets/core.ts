/** The private members of JupyterLab's listing that ours needs, and whether they are there. */

import type { DirListing } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';

/** The private members of `DirListing` that are used here. */
export interface ICore {
  _items: HTMLElement[];
  _sortedItems: Contents.IModel[];
  _sortState: DirListing.ISortState;
  _columnSizes: Record<string, number | null>;
  _hiddenColumns: Set<string>;
  _width: number;
  _focusIndex: number;
  _focusPath?: string;
  _isDirty: boolean;
  _inRename: boolean;
  /** Where a name is typed; in the page as long as that goes on. */
  _editNode?: HTMLInputElement;
  /** Where the button was pressed, perhaps for a drag; what is there may come to lie elsewhere. */
  _dragData?: { index: number } | null;
  _focusItem(index: number): void;
  _selectItem(index: number, keep: boolean, focus?: boolean): void;
  _doRename(): Promise<string>;
  _selectItemByName(name: string, focus?: boolean): Promise<void>;
  _startDrag?(index: number, clientX: number, clientY: number): void;
  _onModelRefreshed(): void;
  _updateColumnSizes(moved?: string | null): void;
  _saveState?(): void;
  _handleMultiSelect?(index: number): void;
  _selectionChanged?: { emit(args: undefined): void };
}

/** Whether JupyterLab's class has all members that are used. */
export function isKnown(core: Partial<ICore>): boolean {
  return (
    Array.isArray(core._items) &&
    Array.isArray(core._sortedItems) &&
    typeof core._focusIndex === 'number' &&
    typeof core._sortState === 'object' &&
    typeof core._inRename === 'boolean' &&
    typeof core._focusItem === 'function' &&
    typeof core._selectItem === 'function' &&
    typeof core._doRename === 'function' &&
    typeof core._selectItemByName === 'function' &&
    typeof core._onModelRefreshed === 'function' &&
    typeof core._isDirty === 'boolean' &&
    typeof core._updateColumnSizes === 'function' &&
    typeof core._columnSizes === 'object' &&
    core._hiddenColumns instanceof Set
  );
}

/** A model as if it showed another folder; what is done to it is done to the model itself. */
export function seenAt<T extends object>(model: T, path: string): T {
  return new Proxy(model, {
    get: (_, key) => {
      const value: unknown = key === 'path' ? path : Reflect.get(model, key);
      return typeof value === 'function'
        ? (value.bind(model) as unknown)
        : value;
    }
  });
}

/** Have JupyterLab's code show other rows; the focus and a drag stay with theirs. */
export function exchange(core: ICore, rows: Contents.IModel[]): void {
  const focused = core._sortedItems[core._focusIndex]?.path;
  const held = core._dragData && core._sortedItems[core._dragData.index];
  core._sortedItems = rows;
  if (core._dragData) {
    const index = rows.findIndex(row => row.path === held?.path);
    core._dragData = index === -1 ? null : { ...core._dragData, index };
  }
  const index = rows.findIndex(row => row.path === focused);
  core._focusIndex = Math.max(
    0,
    index === -1 ? Math.min(core._focusIndex, rows.length - 1) : index
  );
}
