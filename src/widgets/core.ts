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

/** How wide the columns beside the names are, in px; less in a narrow panel. */
const WIDTHS = { last_modified: [76, 62], file_size: [74, 66] } as const;

/** Below this width, in px, a panel is narrow. */
const NARROW = 320;

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

/**
 * Give names all the room that the other columns do not need.
 *
 * #### Notes
 * JupyterLab has all columns grow with the panel. A column that the user
 * dragged keeps its width.
 */
export function giveNamesRoom(core: ICore): void {
  const { _updateColumnSizes } = core;
  const dragged = new Set<string>();
  core._updateColumnSizes = (moved = null) => {
    const sizes = core._columnSizes;
    if (moved) {
      Object.keys(WIDTHS).forEach(id => dragged.add(id));
    } else if (core._width) {
      let rest = core._width;
      for (const [id, [wide, narrow]] of Object.entries(WIDTHS)) {
        if (!dragged.has(id)) {
          sizes[id] = core._width < NARROW ? narrow : wide;
        }
        rest -= core._hiddenColumns.has(id) ? 0 : (sizes[id] ?? 0);
      }
      sizes['name'] = rest;
    }
    _updateColumnSizes.call(core, moved);
  };
}
