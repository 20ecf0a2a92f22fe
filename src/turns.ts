/** The way from folder to folder: one listing at a time, that which was asked for last. */

import { Arrival } from './arrival';
import type { CtaDrive } from './drive';
import { folderOf } from './drive';
import { globalOf, localOf, placeOf } from './paths';
import type { IPlace } from './paths';
import { asServerError, isAbort } from './request';
import type { ServerError } from './request';
import { Rows } from './rows';
import type { Shown } from './shown';

/** A listing under way. */
export interface ITurn {
  readonly place: IPlace;
  /** Settled when it is over; never rejects. */
  readonly done: Promise<void>;
}

/** Who takes the turns. */
export interface ITraveller {
  /** Whether it is there no more. */
  isDisposed(): boolean;
  /** The folder where it is, as a path of the drive. */
  path(): string;
  /** Be in another folder; its rows are shown already. */
  move(path: string): Promise<void>;
  /** A turn begins. */
  begin(): void;
  /** A listing is here as a whole. */
  listed(): void;
  /** No turn is under way any more. */
  end(): void;
  /** A listing failed (with why) or is shown (with null). */
  tell(error: ServerError | null): void;
}

/**
 * The turns of a model.
 *
 * #### Notes
 * A folder is moved to when its first rows are here. A failure leaves what was
 * shown before where it is, unless that is another source's; if only a part of
 * that had come, it is listed again.
 */
export class Turns {
  /** Construct them; none is under way. */
  constructor(drive: CtaDrive, shown: Shown, traveller: ITraveller) {
    this._drive = drive;
    this._shown = shown;
    this._traveller = traveller;
  }

  /** The listing under way. */
  get now(): ITurn | null {
    return this._now;
  }

  /** Whether more rows are to come than are here. */
  get isArriving(): boolean {
    return this._isArriving;
  }

  /** List a folder and show it, in place of the turn under way; `fresh`: ask the storage itself. */
  go(place: IPlace, fresh = false): Promise<void> {
    return this._begin(place, fresh, null);
  }

  /** Give up on the listing under way. */
  abort(): void {
    this._now?.abort.abort();
  }

  private _begin(
    place: IPlace,
    fresh: boolean,
    failure: ServerError | null
  ): Promise<void> {
    this.abort();
    const abort = new AbortController();
    const turn = { place, failure, abort, done: Promise.resolve() };
    this._now = turn;
    this._traveller.begin();
    turn.done = this._list(turn, fresh).finally(() => {
      if (this._now === turn) {
        this._now = null;
        this._isArriving = false;
        this._traveller.end();
      }
    });
    return turn.done;
  }

  private async _list(turn: IUnderWay, fresh: boolean): Promise<void> {
    const before = {
      path: this._traveller.path(),
      rows: this._shown.rows,
      isPart: this._shown.isPart
    };
    const path = localOf(globalOf(turn.place));
    const arrival = new Arrival(async rows => {
      const isMoving = path !== before.path;
      if (isMoving && (await this._prepare(rows, turn))) {
        this._isArriving = true;
        await this._show(path, rows);
      }
    });
    try {
      const { hash } = await this._drive.list(path, {
        fresh,
        isGlobal: true,
        signal: turn.abort.signal,
        onBlock: rows => arrival.take(rows)
      });
      this._traveller.listed();
      const rows = await arrival.end();
      if (path === before.path) {
        await this._shown.reloadTree();
      }
      const isSame = path === before.path && hash === this._shown.hash;
      if (isSame && rows.all.length === before.rows.all.length) {
        this._shown.draw();
      } else if (await this._prepare(rows, turn)) {
        await this._show(path, rows, hash);
      }
      if (this._isWanted(turn)) {
        this._traveller.tell(turn.failure);
      }
    } catch (reason) {
      await arrival.end();
      if (isAbort(reason) || !this._isWanted(turn)) {
        return;
      }
      if (placeOf(before.path).source !== turn.place.source) {
        await this._show(path, new Rows());
      } else if (this._shown.rows !== before.rows) {
        await this._show(before.path, before.rows);
      }
      const failure = asServerError(reason);
      this._traveller.tell(failure);
      const isStill = this._traveller.path() === before.path;
      if (before.isPart && isStill && path !== before.path) {
        void this._begin(placeOf(before.path), false, failure);
      }
    }
  }

  /** Arrange rows that are not shown yet; tells whether they are still wanted. */
  private async _prepare(rows: Rows, turn: IUnderWay): Promise<boolean> {
    await this._shown.prepare(rows);
    return this._isWanted(turn);
  }

  private _isWanted(turn: IUnderWay): boolean {
    const isOver = turn.abort.signal.aborted || this._traveller.isDisposed();
    return this._now === turn && !isOver;
  }

  /** Show rows that have been arranged, and move to their folder. */
  private async _show(
    path: string,
    rows: Rows,
    hash: string | null | undefined = null
  ): Promise<void> {
    this._shown.take(rows, hash);
    if (path !== this._traveller.path()) {
      this._shown.tree.clear();
      this._drive.prime(path, folderOf(path, [], true));
      await this._traveller.move(path);
    }
    this._shown.draw();
  }

  private _drive: CtaDrive;
  private _shown: Shown;
  private _traveller: ITraveller;
  private _now: IUnderWay | null = null;
  private _isArriving = false;
}

/** A turn as it is known here. */
interface IUnderWay extends ITurn {
  readonly abort: AbortController;
  /** Why the turn before failed, if this one only completes what was shown then. */
  readonly failure: ServerError | null;
}
