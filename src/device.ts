/** A login by a short code that is confirmed in any browser. */

import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { asServerError, ServerError } from './request';
import type { SourcesModel } from './sources';
import type { IAgent, ILogin, IPending } from './wire';

/** Where a login stands. */
export type Phase = 'idle' | 'starting' | 'waiting' | 'done' | 'failed';

/**
 * One source's login by code: started, watched, and given up.
 *
 * #### Notes
 * The server waits for the user's answer; this asks the server how it went.
 */
export class DeviceLogin implements IDisposable {
  /** Construct the login; one that is under way already is joined. */
  constructor(options: DeviceLogin.IOptions) {
    this._sources = options.sources;
    this._name = options.name;
    this._period = options.period ?? 2000;
    this._now = options.now ?? (() => Date.now() / 1000);
    const pending = this._login?.pending;
    if (pending) {
      this._wait(pending);
    }
    this._sources.changed.connect(this._onChanged, this);
  }

  /** Where it stands. */
  get phase(): Phase {
    return this._phase;
  }

  /** What the user has to confirm; null if nothing. */
  get pending(): IPending | null {
    return this._pending;
  }

  /** Why the latest try came to nothing. */
  get error(): ServerError | null {
    return this._error;
  }

  /** How long the code is valid yet, in seconds. */
  get secondsLeft(): number {
    return Math.max(0, this._deadline - this._now());
  }

  /** Whether the source has such a login. */
  get isOffered(): boolean {
    return this.isBuiltIn || this.agent !== null || this._pending !== null;
  }

  /** Whether it has one without an oidc-agent. */
  get isBuiltIn(): boolean {
    return this._login?.device ?? false;
  }

  /** The account in the oidc-agent that could keep the login; null if none runs. */
  get agent(): IAgent | null {
    return this._login?.agent ?? null;
  }

  /** Whether the present login is that agent's. */
  get isAgents(): boolean {
    return this.agent !== null && this._login?.source === 'oidc-agent';
  }

  /** A signal emitted when the phase changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether the login is disposed. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Stop watching; the server goes on waiting for the user. */
  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      window.clearTimeout(this._timer);
      this._sources.changed.disconnect(this._onChanged, this);
      Signal.clearData(this);
    }
  }

  /**
   * Ask for a code; never rejects, see `error`.
   *
   * #### Notes
   * With the password of its account, oidc-agent is to keep the login; where
   * the account's login holds, that needs no code.
   */
  async start(password?: string): Promise<void> {
    await this._ask(async () => {
      const pending = await this._sources.startLogin(this._name, password);
      if (pending) {
        this._wait(pending);
      } else {
        this._enter('done');
      }
    });
  }

  /** Have oidc-agent revoke its login and delete the account; never rejects, see `error`. */
  async leave(password: string): Promise<void> {
    await this._ask(async () => {
      await this._sources.leaveAgent(this._name, password);
      this._enter('done');
    });
  }

  /** Give up; never rejects. */
  async cancel(): Promise<void> {
    if (this._phase !== 'waiting') {
      return;
    }
    this._enter('idle');
    await this._sources.logout(this._name).catch(() => undefined);
  }

  private get _login(): ILogin | undefined {
    return this._sources.find(this._name)?.login;
  }

  private async _ask(step: () => Promise<void>): Promise<void> {
    if (this._phase === 'starting' || this._phase === 'waiting') {
      return;
    }
    this._error = null;
    this._enter('starting');
    try {
      await step();
    } catch (reason) {
      // Whether the agent still runs is news, too, and what is under way.
      await this._sources.refreshLogin(this._name).catch(() => undefined);
      const pending = this._login?.pending;
      if (pending) {
        this._wait(pending); // one that another page began
      } else {
        this._fail(asServerError(reason));
      }
    }
  }

  private _wait(pending: IPending): void {
    this._pending = pending;
    this._isLost = false;
    this._deadline = this._now() + pending.expires_in;
    this._enter('waiting');
  }

  private _fail(error: ServerError): void {
    this._error = error;
    this._enter('failed');
  }

  private _enter(phase: Phase): void {
    if (this._isDisposed) {
      return;
    }
    this._phase = phase;
    window.clearTimeout(this._timer);
    if (phase === 'waiting') {
      this._timer = window.setTimeout(() => void this._look(), this._period);
    } else {
      this._pending = null;
    }
    this._changed.emit();
  }

  /** A login event came, perhaps ours: look at once. */
  private _onChanged(): void {
    if (this._phase === 'waiting' && !this._isLooking) {
      window.clearTimeout(this._timer);
      this._timer = window.setTimeout(() => void this._look(), 0);
    }
  }

  private async _look(): Promise<void> {
    this._isLooking = true;
    const isAnswered = await this._sources.refreshLogin(this._name).then(
      () => true,
      () => false // the Jupyter server is away for a moment: ask again
    );
    this._isLooking = false;
    const login = this._login;
    if (this._phase !== 'waiting' || this._isDisposed) {
      return;
    }
    if (!isAnswered || !login || login.pending) {
      this._isLost = false;
      this._enter('waiting');
    } else if (login.problem) {
      this._fail(new ServerError(login.problem, 403));
    } else if (login.state === 'ok') {
      this._enter('done');
    } else {
      // Given up elsewhere; or just confirmed, which the second look will tell.
      this._enter(this._isLost ? 'idle' : 'waiting');
      this._isLost = this._phase === 'waiting';
    }
  }

  private _sources: SourcesModel;
  private _name: string;
  private _period: number;
  private _now: () => number;
  private _phase: Phase = 'idle';
  private _pending: IPending | null = null;
  private _error: ServerError | null = null;
  private _deadline = 0;
  private _timer = 0;
  private _isLooking = false;
  private _isLost = false;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

/** The namespace of `DeviceLogin`'s statics. */
export namespace DeviceLogin {
  /** How a login is constructed. */
  export interface IOptions {
    /** Whom to ask. */
    sources: SourcesModel;
    /** The source's name. */
    name: string;
    /** How often to look, in milliseconds. */
    period?: number;
    /** The time, in seconds. */
    now?: () => number;
  }
}
