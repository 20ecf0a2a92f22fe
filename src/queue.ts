/** The queue of transfers as a whole: who works it off, and how fast it may be. */

import type { ServerConnection } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { requestAPI } from './request';
import type { IQueue } from './wire';

/** What the server says of its queue; nothing is asked before `load`. */
export class QueueModel {
  /** Construct the model. */
  constructor(serverSettings: ServerConnection.ISettings) {
    this._settings = serverSettings;
  }

  /** The queue; null before it was asked for. */
  get value(): IQueue | null {
    return this._value;
  }

  /** A signal emitted when the server has said something. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Ask the server. */
  load(): Promise<void> {
    return this._ask();
  }

  /** Limit how fast all transfers together may be, in bytes a second; null: no limit. */
  limit(limit: number | null): Promise<void> {
    return this._ask({ method: 'PATCH', body: JSON.stringify({ limit }) });
  }

  private async _ask(init: RequestInit = {}): Promise<void> {
    this._value = await requestAPI<IQueue>('queue', this._settings, init);
    this._changed.emit();
  }

  private _settings: ServerConnection.ISettings;
  private _value: IQueue | null = null;
  private _changed = new Signal<this, void>(this);
}
