/** What sources there are, and how their logins stand. */

import type { Event, ServerConnection } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal, IStream } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { asServerError, encodePath, requestAPI } from './request';
import type { ServerError } from './request';
import { LOGIN_EVENT } from './wire';
import type { IAttempt, ILogin, ILoginEvent, IPending, ISource } from './wire';

/** How a source is configured, as far as the dialog shows it. */
export interface ISourceSettings {
  name: string;
  title: string;
  kind: string;
  url: string;
  root: string;
  home: string;
  ca: string;
  read_only: boolean;
  production: boolean;
  account: string;
  region: string;
  login: {
    kind: string;
    issuer: string;
    client_id: string;
    file: string;
    user: string;
  };
}

/** A kind of storage that can be added. */
export interface IKind {
  name: string;
  title: string;
  /** What an address of it looks like. */
  address: string;
  /** The settings that it has besides those of all. */
  settings: string[];
  /** What one logs in by. */
  login: 'token' | 'keys';
}

/** Jupyter's event bus, as far as we listen to it. */
export type EventStream = IStream<Event.IManager, Event.Emission>;

/**
 * The list of sources as one immutable value that changes by signals.
 */
export class SourcesModel implements IDisposable {
  /** Construct the model; nothing is asked before `load`. */
  constructor(options: SourcesModel.IOptions) {
    this._settings = options.serverSettings;
    this._stream = options.stream ?? null;
    this._stream?.connect(this._onEvent, this);
  }

  /** All sources, in the server's order. */
  get list(): readonly ISource[] {
    return this._list;
  }

  /** Why the sources are not known; null if they are. */
  get error(): ServerError | null {
    return this._error;
  }

  /** A signal emitted when the sources or a login changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether the model is disposed. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Stop listening. */
  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._stream?.disconnect(this._onEvent, this);
      Signal.clearData(this);
    }
  }

  /** The source of that name. */
  find(name: string): ISource | undefined {
    return this._list.find(source => source.name === name);
  }

  /** Ask the server for its sources; never rejects, see `error`. */
  async load(): Promise<readonly ISource[]> {
    try {
      const list = await requestAPI<ISource[]>('sources', this._settings);
      // The list tells less of a login than its own route.
      this._list = list.map(source => ({
        ...source,
        login: { ...extrasOf(this.find(source.name)), ...source.login }
      }));
      this._error = null;
    } catch (reason) {
      this._error = asServerError(reason);
    }
    this._changed.emit();
    return this._list;
  }

  /** Ask how a login stands now. */
  async refreshLogin(name: string): Promise<void> {
    const path = `login/${encodePath(name)}`;
    this._note(name, await requestAPI<ILogin>(path, this._settings));
  }

  /** Look in every place for a source's tokens, and tell what was there. */
  async explainLogin(name: string): Promise<IAttempt[]> {
    const { places } = await requestAPI<{ places: IAttempt[] }>(
      `login/${encodePath(name)}`,
      this._settings,
      {},
      { places: '1' }
    );
    return places;
  }

  /** Give a source a token to use. */
  async login(name: string, token: string): Promise<ILogin> {
    const login = await requestAPI<ILogin>(
      `login/${encodePath(name)}`,
      this._settings,
      { method: 'POST', body: JSON.stringify({ token: token.trim() }) }
    );
    this._note(name, login);
    return login;
  }

  /**
   * Start a login by code; one that is under way is told again.
   *
   * #### Notes
   * With a password, oidc-agent is to keep the login in the account that the
   * password opens, or will; null if that needs no code. The password is not
   * kept.
   */
  async startLogin(name: string, password?: string): Promise<IPending | null> {
    const answer = await requestAPI<IPending | ILogin>(
      `login/${encodePath(name)}`,
      this._settings,
      { method: 'POST', body: JSON.stringify({ password }) }
    );
    if ('user_code' in answer) {
      return answer;
    }
    this._note(name, answer);
    return null;
  }

  /** Have oidc-agent revoke the login and delete the account. */
  async leaveAgent(name: string, password: string): Promise<void> {
    const path = `login/${encodePath(name)}`;
    const body = JSON.stringify({ password, end: true });
    const init = { method: 'POST', body };
    this._note(name, await requestAPI<ILogin>(path, this._settings, init));
  }

  /** Log out, or give up the login that is under way. */
  async logout(name: string): Promise<void> {
    const init = { method: 'DELETE' };
    await requestAPI<void>(`login/${encodePath(name)}`, this._settings, init);
    await this.refreshLogin(name);
  }

  /** The kinds of storages that there are. */
  kinds(): Promise<IKind[]> {
    return requestAPI<IKind[]>('kinds', this._settings);
  }

  /** How a source is configured. */
  settings(name: string): Promise<ISourceSettings> {
    return requestAPI<ISourceSettings>(
      `sources/${encodePath(name)}/settings`,
      this._settings
    );
  }

  /** Configure a source, in the user's own file. */
  async configure(settings: ISourceSettings): Promise<void> {
    await this._set(settings, 'settings', 'PUT');
    await this.load();
  }

  /** Look at a source that is not configured yet. */
  tryOut(settings: ISourceSettings): Promise<{ folder: string }> {
    return this._set(settings, 'trial', 'POST');
  }

  /** Take a source out of the user's own file. */
  async remove(name: string): Promise<void> {
    const path = `sources/${encodePath(name)}/settings`;
    await requestAPI<void>(path, this._settings, { method: 'DELETE' });
    await this.load();
  }

  private _set<T>(
    settings: ISourceSettings,
    route: string,
    method: string
  ): Promise<T> {
    const { name, title, kind, url, root, home, ca } = settings;
    const { read_only, production, account, region, login } = settings;
    const { kind: by, issuer, client_id, file, user } = login;
    const body = {
      ...{ title, kind, url, root, home, ca, read_only, production },
      ...{ account, region },
      login: { kind: by, issuer, client_id, file, user }
    };
    return requestAPI<T>(
      `sources/${encodePath(name)}/${route}`,
      this._settings,
      { method, body: JSON.stringify(body) }
    );
  }

  private _note(name: string, login: ILogin): void {
    this._list = this._list.map(source =>
      source.name === name ? { ...source, login } : source
    );
    this._changed.emit();
  }

  private _onEvent(_: Event.IManager, emission: Event.Emission): void {
    if (emission.schema_id === LOGIN_EVENT) {
      const { source } = emission as unknown as ILoginEvent;
      this.refreshLogin(source).catch(() => this.load());
    }
  }

  private _settings: ServerConnection.ISettings;
  private _stream: EventStream | null;
  private _list: readonly ISource[] = [];
  private _error: ServerError | null = null;
  private _changed = new Signal<this, void>(this);
  private _isDisposed = false;
}

function extrasOf(source: ISource | undefined): Partial<ILogin> {
  const { device, pending, problem, agent } = source?.login ?? {};
  return device === undefined ? {} : { device, pending, problem, agent };
}

/** The namespace of `SourcesModel`'s statics. */
export namespace SourcesModel {
  /** How the model is constructed. */
  export interface IOptions {
    /** Where the Jupyter server is. */
    serverSettings: ServerConnection.ISettings;
    /** Where logins are told of. */
    stream?: EventStream;
  }
}
