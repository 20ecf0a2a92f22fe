/** A listing as it arrives. */

import { Rows } from './rows';
import type { IRow } from './wire';

/** How often a listing that is still arriving is drawn after its first rows, in ms. */
const REDRAW = 400;

/** The rows of a listing as they arrive: the first are drawn at once, more now and then. */
export class Arrival {
  /** Construct it with what draws rows; that is never called while it draws. */
  constructor(draw: (rows: Rows) => Promise<void>) {
    this._draw = draw;
  }

  /** Take rows that have arrived. */
  take(rows: IRow[]): void {
    this._rows.add(rows);
    if (!this._drawing && performance.now() >= this._due) {
      this._drawing = this._draw(this._rows).finally(() => {
        this._drawing = null;
        this._due = performance.now() + REDRAW;
      });
    }
  }

  /** All rows, once none of them is being drawn. */
  async end(): Promise<Rows> {
    await this._drawing;
    return this._rows;
  }

  private _draw: (rows: Rows) => Promise<void>;
  private _rows = new Rows();
  private _drawing: Promise<void> | null = null;
  private _due = 0;
}
