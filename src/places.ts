/** The folders that a user comes back to: bookmarks, and where he has been. */

import type { IStateDB } from '@jupyterlab/statedb';

import type { Options } from './options';
import { pathOf, placeOf } from './paths';
import type { IPlace } from './paths';

/** Where the recent folders are kept over a reload. */
const STATE = 'ctadata_jlab:recent';

/** How many recent folders are kept. */
const RECENT = 12;

/**
 * Bookmarks and recent folders.
 *
 * #### Notes
 * Bookmarks are a setting, so that they are there in every workspace and can be
 * edited; recent folders are state.
 */
export class Places {
  /** Construct them. */
  constructor(options: Places.IOptions) {
    this._options = options.options;
    this._state = options.state;
    void this._state?.fetch(STATE).then(value => {
      const saved = (value as { paths?: unknown } | undefined)?.paths;
      if (Array.isArray(saved)) {
        this._recent = [...this._recent, ...saved.map(String)].slice(0, RECENT);
      }
    });
  }

  /** The bookmarks, in the order in which they were made. */
  get bookmarks(): IPlace[] {
    return this._options.values.bookmarks.map(placeOf);
  }

  /** The recent folders but the one that is shown, the latest first. */
  recent(here: IPlace): IPlace[] {
    const path = pathOf(here);
    return this._recent.filter(one => one !== path).map(placeOf);
  }

  /** Whether a place is bookmarked. */
  has(place: IPlace): boolean {
    return this._options.values.bookmarks.includes(pathOf(place));
  }

  /** Bookmark a place, or forget the bookmark. */
  async toggle(place: IPlace): Promise<void> {
    const path = pathOf(place);
    const { bookmarks } = this._options.values;
    await this._options.set(
      'bookmarks',
      this.has(place)
        ? bookmarks.filter(one => one !== path)
        : [...bookmarks, path]
    );
  }

  /** Note that a place was shown. */
  visit(place: IPlace): void {
    const path = pathOf(place);
    this._recent = [path, ...this._recent.filter(one => one !== path)].slice(
      0,
      RECENT
    );
    void this._state?.save(STATE, { paths: this._recent });
  }

  private _options: Options;
  private _state: IStateDB | null;
  private _recent: string[] = [];
}

/** The namespace of `Places`'s statics. */
export namespace Places {
  /** How they are constructed. */
  export interface IOptions {
    /** Where bookmarks are kept. */
    options: Options;
    /** Where recent folders are kept. */
    state: IStateDB | null;
  }
}
