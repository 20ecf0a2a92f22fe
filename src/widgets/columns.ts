/** The columns of the listing: names get all room, times are shown where some is left. */

import type { DirListing } from '@jupyterlab/filebrowser';

import type { ICore } from './core';

/** How wide the columns beside the names are, in px; less in a narrow panel. */
const WIDTHS = { last_modified: [76, 62], file_size: [74, 66] } as const;

/** Below this width, in px, a panel is narrow. */
const NARROW = 320;

/** Below this width, in px, there is no room for the times. */
const TIGHT = 230;

/** The column with the times, as JupyterLab calls it. */
export const TIMES = 'last_modified';

/** Which columns there is room for. */
export class Columns {
  /** Whether the user wants the times. */
  get wantsTimes(): boolean {
    return this._wantsTimes;
  }

  /** Learn whether the user wants a column; tells whether it is shown. */
  want(name: DirListing.ToggleableColumn, isWanted: boolean): boolean {
    if (name !== TIMES) {
      return isWanted;
    }
    this._wantsTimes = isWanted;
    return isWanted && !this._isTight;
  }

  /** Learn how wide the list is, in px; tells whether that changes what there is room for. */
  fit(width: number): boolean {
    const wasTight = this._isTight;
    this._isTight = width > 0 && width < TIGHT;
    return this._isTight !== wasTight;
  }

  private _isTight = false;
  private _wantsTimes = true;
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
