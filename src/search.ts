/** A search below a folder, as it goes on. */

import type { ServerConnection } from '@jupyterlab/services';

import { DRIVE, pathOf } from './paths';
import type { IPlace } from './paths';
import { asServerError, encodePath, isAbort, requestRaw } from './request';
import type { ServerError } from './request';
import { readListing, rowsOf } from './stream';
import type { IListingBlock, IListingEnd, IRow } from './wire';

/** How a search stands. */
export interface ISearchState {
  /** What is looked for. */
  readonly text: string;
  /** Below which folder. */
  readonly below: IPlace;
  readonly isRunning: boolean;
  readonly found: number;
  /** How many folders have been looked into. */
  readonly searched: number;
  /** How many could not be, and the paths of some of them. */
  readonly refused: number;
  readonly examples: readonly string[];
  /** Whether it ended because it found too many. */
  readonly isCut: boolean;
  readonly error: ServerError | null;
}

/** A line of a search: a block with the folders in which its rows lie. */
interface IBlock extends IListingBlock {
  folders: string[];
  searched: number;
}

/** The last line of a search. */
interface IEnd extends IListingEnd {
  searched: number;
  stopped: boolean;
  refused: number;
  examples: string[];
}

/** One search; it runs until its end or until it is stopped. */
export class Search {
  /** Construct it; `run` starts it. */
  constructor(text: string, below: IPlace) {
    this._state = {
      ...{ text, below, isRunning: true, found: 0, searched: 0 },
      ...{ refused: 0, examples: [], isCut: false, error: null }
    };
  }

  /** How it stands. */
  get state(): ISearchState {
    return this._state;
  }

  /** Search; never rejects, see the state's error. */
  async run(
    settings: ServerConnection.ISettings,
    onRows: (rows: IRow[]) => void
  ): Promise<void> {
    const { text, below } = this._state;
    const path = pathOf(below);
    try {
      const response = await requestRaw(
        `search/${encodePath(path)}`,
        settings,
        { signal: this._abort.signal },
        { name: text }
      );
      const end = (await readListing(response, block => {
        const { searched } = block as IBlock;
        const rows = rowsBelow(`${DRIVE}:${path}`, block as IBlock);
        this._change({ searched, found: this._state.found + rows.length });
        onRows(rows);
      })) as IEnd;
      const { searched, refused, examples, stopped } = end;
      this._change({ searched, refused, examples, isCut: stopped });
    } catch (reason) {
      if (!isAbort(reason) && !this._abort.signal.aborted) {
        this._change({ error: asServerError(reason) });
      }
    }
    this._change({ isRunning: false });
    onRows([]);
  }

  /** Stop; what was found stays. */
  stop(): void {
    this._abort.abort();
  }

  private _change(change: Partial<ISearchState>): void {
    this._state = { ...this._state, ...change };
  }

  private _state: ISearchState;
  private _abort = new AbortController();
}

/** The rows of a block, each in its own folder. */
function rowsBelow(top: string, block: IBlock): IRow[] {
  return rowsOf(top, block, true).map((row, index) => {
    const folder = block.folders[index];
    return folder ? { ...row, path: `${top}/${folder}/${row.name}` } : row;
  });
}
