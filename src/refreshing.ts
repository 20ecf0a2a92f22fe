/** When what is shown is listed again: now and then, and when the user comes back. */

import { Poll } from '@lumino/polling';

/** How old a listing may be that is not asked for again when the user comes back, in ms. */
const STALE = 30_000;

/** What is refreshed. */
export interface IRefreshed {
  /** Whether the user sees it. */
  isShown(): boolean;
  /** Whether it is being listed. */
  isBusy(): boolean;
  /** List it again. */
  again(): Promise<void>;
}

/** Lists again what is seen, and asks for nothing while it is not. */
export class Refreshing {
  /** Construct it; nothing is listed before `wait`. */
  constructor(refreshed: IRefreshed) {
    this._refreshed = refreshed;
    this._poll = new Poll({
      auto: false,
      name: 'ctadata_jlab:listing',
      factory: () => refreshed.again(),
      frequency: { interval: 300_000, backoff: false, max: 3_600_000 },
      standby: () => (refreshed.isShown() ? 'when-hidden' : true),
      linger: 0 // it would go on once in a page that is hidden
    });
  }

  /** How often it is listed, in seconds. */
  set interval(seconds: number) {
    const interval = Math.max(10, seconds) * 1000;
    this._poll.frequency = { interval, backoff: false, max: interval };
  }

  /** Begin to wait for the next time; not `start`, which would list at once. */
  wait(): void {
    const { interval } = this._poll.frequency;
    void this._poll.schedule({ phase: 'resolved', interval });
  }

  /** It has been listed. */
  listed(): void {
    this._listed = Date.now();
  }

  /** Tell whether nobody sees it; it is then taken for old. */
  isQuiet(): boolean {
    const isQuiet = !this._refreshed.isShown() && !this._refreshed.isBusy();
    if (isQuiet) {
      this._listed = 0;
    }
    return isQuiet;
  }

  /** The user has come back: list it if it is older than the server's memory. */
  look(): void {
    const { _refreshed: refreshed } = this;
    const isOld = Date.now() - this._listed > STALE;
    if (refreshed.isShown() && !refreshed.isBusy() && isOld) {
      void refreshed.again();
    }
  }

  /** List nothing any more. */
  dispose(): void {
    this._poll.dispose();
  }

  private _refreshed: IRefreshed;
  private _poll: Poll;
  private _listed = 0;
}
