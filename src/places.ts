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
    this._known = this._remember();
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
    this._recent = latest([pathOf(place), ...this._recent]);
    // What was before the reload is not yet known, and must not be lost.
    void this._known.then(() =>
      this._state?.save(STATE, { paths: this._recent })
    );
  }

  private async _remember(): Promise<void> {
    const value = await this._state?.fetch(STATE).catch(() => undefined);
    const saved = (value as { paths?: unknown } | undefined)?.paths;
    if (Array.isArray(saved)) {
      this._recent = latest([...this._recent, ...saved.map(String)]);
    }
  }

  private _options: Options;
  private _state: IStateDB | null;
  private _recent: string[] = [];
  private _known: Promise<void>;
}

/** The first of some paths, each once. */
function latest(paths: string[]): string[] {
  return [...new Set(paths)].slice(0, RECENT);
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
