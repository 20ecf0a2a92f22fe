/** The rows of one folder: all that have arrived, and those that are shown, in their order. */

import { atOnce, inSlices } from './slices';
import type { Work } from './slices';
import type { Compare } from './sort';
import type { IRow } from './wire';

/** Up to so many rows are arranged at once, more in slices. */
const AT_ONCE = 4000;

/** How many rows are sorted, merged or filtered between two looks at the clock. */
const STEP = 2000;

/** Which rows are shown, and in which order. */
export interface IView {
  /** Compares two rows. */
  compare: Compare;
  /** Whether a row is shown. */
  isShown(row: IRow): boolean;
}

/**
 * The rows of a folder.
 *
 * #### Notes
 * Rows are only ever added. What has been sorted stays so: a block that arrives
 * is sorted by itself and merged into the rest, which is as much work as there
 * are rows, not more.
 */
export class Rows {
  /** Construct them of the rows of a folder; nothing is shown before `arrange`. */
  constructor(rows: readonly IRow[] = []) {
    this.add(rows);
  }

  /** All rows, in the order in which they arrived. */
  get all(): readonly IRow[] {
    return this._all;
  }

  /** The rows that are shown, in their order. */
  get shown(): readonly IRow[] {
    return this._shown;
  }

  /** The view by which the rows that are shown were arranged. */
  get view(): IView | null {
    return this._view;
  }

  /**
   * Take rows that have arrived.
   *
   * #### Notes
   * The browser reckons a text's hash once, when it is first looked for in a
   * set: here, some at a time. To select all rows would have to do it at once.
   */
  add(rows: readonly IRow[]): void {
    void new Set(rows.map(row => row.path));
    for (const row of rows) {
      this._all.push(row);
    }
  }

  /**
   * Sort and filter.
   *
   * #### Notes
   * Returns null if that is done. Many rows are arranged in slices; the promise
   * is settled when the latest view asked for is there.
   */
  arrange(view: IView): Promise<void> | null {
    this._wanted = view;
    if (!this._arranging && this._all.length <= AT_ONCE) {
      this._take(atOnce(this._work(view)), view);
      return null;
    }
    this._arranging ??= this._inSlices().finally(() => {
      this._arranging = null;
    });
    return this._arranging;
  }

  private async _inSlices(): Promise<void> {
    for (;;) {
      const view = this._wanted;
      const work = this._work(view);
      const made = await inSlices(work, () => view === this._wanted);
      if (made) {
        this._take(made, view);
        return;
      }
    }
  }

  private _take(made: IMade, view: IView): void {
    this._compare = view.compare;
    this._view = view;
    this._sorted = made.sorted;
    this._shown = made.shown;
  }

  private *_work(view: IView): Work<IMade> {
    const { compare } = view;
    const count = this._all.length;
    const before = compare === this._compare ? this._sorted : [];
    let runs: IRow[][] = [];
    for (let at = before.length; at < count; at += STEP) {
      runs.push(this._all.slice(at, Math.min(at + STEP, count)).sort(compare));
      yield;
    }
    while (runs.length > 1) {
      const merged: IRow[][] = [];
      for (let at = 0; at < runs.length; at += 2) {
        merged.push(yield* merge(runs[at], runs[at + 1] ?? [], compare));
      }
      runs = merged;
    }
    const sorted = yield* merge(before, runs[0] ?? [], compare);
    return { sorted, shown: yield* filter(sorted, row => view.isShown(row)) };
  }

  private _all: IRow[] = [];
  private _sorted: IRow[] = [];
  private _shown: IRow[] = [];
  private _compare: Compare | null = null;
  private _view: IView | null = null;
  private _wanted!: IView;
  private _arranging: Promise<void> | null = null;
}

interface IMade {
  sorted: IRow[];
  shown: IRow[];
}

function* merge(one: IRow[], other: IRow[], compare: Compare): Work<IRow[]> {
  if (!one.length || !other.length) {
    return one.length ? one : other;
  }
  const merged: IRow[] = [];
  let [i, k] = [0, 0];
  while (i < one.length && k < other.length) {
    merged.push(compare(one[i], other[k]) <= 0 ? one[i++] : other[k++]);
    if (merged.length % STEP === 0) {
      yield;
    }
  }
  for (const [rest, from] of [
    [one, i],
    [other, k]
  ] as const) {
    for (let at = from; at < rest.length; at += 1) {
      merged.push(rest[at]);
    }
  }
  return merged;
}

function* filter(rows: IRow[], isShown: (row: IRow) => boolean): Work<IRow[]> {
  const shown: IRow[] = [];
  for (let at = 0; at < rows.length; at += 1) {
    if (isShown(rows[at])) {
      shown.push(rows[at]);
    }
    if (at % STEP === STEP - 1) {
      yield;
    }
  }
  return shown;
}
