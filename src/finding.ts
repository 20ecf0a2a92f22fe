/** A search whose results are shown in place of a folder. */

import type { ServerConnection } from '@jupyterlab/services';

import { Arrival } from './arrival';
import type { IPlace } from './paths';
import { Rows } from './rows';
import { Search } from './search';
import type { ISearchState } from './search';
import type { Shown } from './shown';

/** Shows what a search finds, as it is found. */
export class Finding {
  /** Construct it; nothing is looked for. */
  constructor(
    settings: ServerConnection.ISettings,
    shown: Shown,
    changed: () => void
  ) {
    this._settings = settings;
    this._shown = shown;
    this._changed = changed;
  }

  /** How the search stands; null if a folder is shown. */
  get state(): ISearchState | null {
    return this._search?.state ?? null;
  }

  /** Look for names below a folder, and for nothing else any more. */
  async begin(text: string, below: IPlace): Promise<void> {
    this.stop();
    const search = new Search(text, below);
    this._search = search;
    this._shown.tree.clear();
    const arrival = new Arrival(async rows => {
      await this._shown.prepare(rows);
      if (this._search === search) {
        this._shown.take(rows);
        this._shown.draw();
      }
    });
    arrival.take([]);
    this._changed();
    await search.run(this._settings, rows => {
      arrival.take(rows);
      if (this._search === search) {
        this._changed();
      }
    });
    await arrival.end();
    if (this._search === search) {
      void this._shown.arrange();
    }
  }

  /** Look no further; what was found stays. */
  stop(): void {
    this._search?.stop();
  }

  /** What was found is shown no longer: it must not be taken for a folder's rows. */
  leave(): void {
    if (this._search) {
      this._search.stop();
      this._search = null;
      this._shown.take(new Rows());
      this._changed();
      this._shown.draw();
    }
  }

  private _settings: ServerConnection.ISettings;
  private _shown: Shown;
  private _changed: () => void;
  private _search: Search | null = null;
}
