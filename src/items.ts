/** The files of one transfer, read a page at a time as they are looked at. */

import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import type { IJobItem, IJobItems } from './wire';

/** How many files are asked for at once. */
export const PAGE = 200;

/** How many pages are kept. */
const PAGES = 8;

/**
 * The files of a job by their numbers.
 *
 * #### Notes
 * The server numbers them from 0 without a gap, so that any page can be asked
 * for by itself. Only pages that are looked at are, and only the last few are kept.
 */
export class ItemsModel implements IDisposable {
  /** Construct the model; nothing is asked before `want`. */
  constructor(ask: (after: number, limit: number) => Promise<IJobItems>) {
    this._ask = ask;
  }

  /** A signal emitted when files came. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** How many files are known to be there. */
  get count(): number {
    return this._count;
  }

  /** Why the last page could not be read; null if it could. */
  get error(): unknown {
    return this._error;
  }

  /** Whether nobody looks any more. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Stop. */
  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /** The file of that number, if it has been read. */
  at(n: number): IJobItem | undefined {
    return this._pages.get(Math.floor(n / PAGE))?.[n % PAGE];
  }

  /** Have the files from *start* to before *end* read, as far as they are not. */
  want(start: number, end: number): void {
    for (
      let page = Math.floor(start / PAGE);
      page * PAGE < Math.max(end, 1);
      page += 1
    ) {
      if (!this._pages.has(page) && !this._asked.has(page)) {
        void this._read(page);
      }
    }
  }

  /** Read what is looked at once more: it has moved on. */
  refresh(start: number, end: number): void {
    const first = Math.floor(start / PAGE);
    const last = Math.floor(Math.max(end - 1, 0) / PAGE);
    for (const page of this._pages.keys()) {
      if (page < first || page > last) {
        this._pages.delete(page);
      } else if (!this._asked.has(page)) {
        void this._read(page);
      }
    }
  }

  private async _read(page: number): Promise<void> {
    this._asked.add(page);
    try {
      const { items, next } = await this._ask(page * PAGE - 1, PAGE);
      this._error = null;
      this._pages.delete(page);
      this._pages.set(page, items);
      const end = page * PAGE + items.length;
      // a full page may be followed by another
      this._count = Math.max(this._count, next === null ? end : end + 1);
      for (const old of this._pages.keys()) {
        if (this._pages.size <= PAGES) {
          break;
        }
        this._pages.delete(old);
      }
    } catch (reason) {
      this._error = reason;
    } finally {
      this._asked.delete(page);
    }
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _ask: (after: number, limit: number) => Promise<IJobItems>;
  private _pages = new Map<number, IJobItem[]>();
  private _asked = new Set<number>();
  private _count = 0;
  private _error: unknown = null;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}
