/** Our drive: every source as a folder of JupyterLab's contents manager. */

import { Drive } from '@jupyterlab/services';
import type { Contents, ServerConnection } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { bytes } from './format';
import { DRIVE, localOf, placeOf } from './paths';
import {
  asServerError,
  encodePath,
  NAMESPACE,
  requestAPI,
  requestRaw,
  routeUrl,
  ServerError
} from './request';
import { Seen } from './seen';
import { readListing, rowsOf } from './stream';
import type { ICtaModel, IHandle, IRow } from './wire';

/** The one checkpoint that every file has: remote storage keeps no drafts. */
const CHECKPOINT: Contents.ICheckpointModel = {
  id: 'checkpoint',
  last_modified: '1970-01-01T00:00:00Z'
};

/**
 * A drive that speaks the Contents dialect of our server extension.
 *
 * #### Notes
 * Folders come through the streamed listing, so that a large one can be shown
 * while it arrives. Files above the limit are refused before they are asked
 * for. A save carries the version that was seen last: JupyterLab looks at the
 * file before it saves and asks the user if that version is another, and the
 * server refuses if it changed after that.
 */
export class CtaDrive extends Drive {
  /** Construct the drive. */
  constructor(options: CtaDrive.IOptions) {
    super({
      name: DRIVE,
      apiEndpoint: `${NAMESPACE}/contents`,
      serverSettings: options.serverSettings
    });
    this._isWritable = options.isWritable ?? (() => true);
  }

  /** The largest file that is opened in the browser, in bytes. */
  openLimit = 10 * 1024 * 1024;

  /** A signal emitted when this drive changed a file. */
  override get fileChanged(): ISignal<this, Contents.IChangedArgs> {
    return this._changed;
  }

  /** Get a file or a folder, with its content unless told otherwise. */
  override async get(
    localPath: string,
    options: Contents.IFetchOptions = {}
  ): Promise<Contents.IModel> {
    const path = localOf(localPath);
    if (options.content === false) {
      return this._meta(path);
    }
    const primed = this._primed.get(path);
    if (primed) {
      this._primed.delete(path);
      return primed;
    }
    if (!path || options.type === 'directory') {
      return this.list(path);
    }
    const type = options.type ?? (await this._meta(path)).type;
    return type === 'directory'
      ? this.list(path)
      : this._open(path, { ...options, type });
  }

  /**
   * List a folder.
   *
   * #### Notes
   * `onBlock` gets the rows as they arrive. Rejects if the listing is not
   * whole. The model's hash is the same for the same rows in any order.
   */
  async list(
    localPath: string,
    options: CtaDrive.IListOptions = {}
  ): Promise<ICtaModel> {
    const path = localOf(localPath);
    if (!path) {
      return this._ask<ICtaModel>('', 'GET', undefined, { content: '1' });
    }
    const writable = this._isWritable(placeOf(path).source);
    const response = await requestRaw(
      `listing/${encodePath(path)}`,
      this.serverSettings,
      { signal: options.signal },
      options.fresh ? { fresh: '1' } : {}
    );
    const rows: IRow[] = [];
    const prefix = options.isGlobal ? `${DRIVE}:${path}` : path;
    const { hash } = await readListing(response, block => {
      const some = rowsOf(prefix, block, writable);
      rows.push(...some);
      options.onBlock?.(some);
    });
    this._seen.list(path, rows);
    return { ...folderOf(path, rows, writable), hash };
  }

  /** What there is at a path; null if nothing is. */
  async kindOf(path: string): Promise<'folder' | 'file' | null> {
    const local = localOf(path);
    if (placeOf(local).path === '/') {
      return 'folder';
    }
    try {
      const { type } = await this._meta(local);
      return type === 'directory' ? 'folder' : 'file';
    } catch (reason) {
      if (asServerError(reason).name === 'NotFound') {
        return null;
      }
      throw reason;
    }
  }

  /** An address of files and folders of one source, for the user's computer. */
  handle(source: string, paths: string[]): Promise<IHandle> {
    return requestAPI<IHandle>('handles', this.serverSettings, {
      method: 'POST',
      body: JSON.stringify({ source, paths })
    });
  }

  /** Give the next `get` of a folder this answer; for a listing read already. */
  prime(localPath: string, model: Contents.IModel): void {
    this._primed.set(localOf(localPath), model);
  }

  /** The URL of a file's bytes; it carries no secret. */
  override getDownloadUrl(localPath: string): Promise<string> {
    const path = `files/${encodePath(localOf(localPath))}`;
    return Promise.resolve(routeUrl(this.serverSettings, path));
  }

  /** Make a new file or folder with a name of the server's choice. */
  override async newUntitled(
    options: Contents.ICreateOptions = {}
  ): Promise<Contents.IModel> {
    const { path, type, ext } = options;
    const dotted = ext && !ext.startsWith('.') ? `.${ext}` : ext;
    const model = await this._ask<ICtaModel>(localOf(path ?? ''), 'POST', {
      type,
      ext: dotted
    });
    this._tell('new', null, model);
    return model;
  }

  /** Delete a file or an empty folder. */
  override async delete(localPath: string): Promise<void> {
    const path = localOf(localPath);
    await this._ask<void>(path, 'DELETE');
    this._seen.forget(path);
    this._tell('delete', { path }, null);
  }

  /** Rename or move within one source. */
  override async rename(
    oldLocalPath: string,
    newLocalPath: string
  ): Promise<Contents.IModel> {
    const [from, to] = [localOf(oldLocalPath), localOf(newLocalPath)];
    if (placeOf(from).source !== placeOf(to).source) {
      throw refusal(
        'Unsupported',
        501,
        'Files move between storages as a transfer.',
        'Use “Move…” of the context menu.'
      );
    }
    const model = await this._ask<ICtaModel>(from, 'PATCH', { path: to });
    this._seen.forget(from);
    this._tell('rename', { path: from }, model);
    return this._seen.note(to, model);
  }

  /** Save a file if it is still the version seen last. */
  override async save(
    localPath: string,
    options: Partial<Contents.IModel> & Contents.IContentProvisionOptions = {}
  ): Promise<Contents.IModel> {
    const path = localOf(localPath);
    if (options.chunk !== undefined) {
      throw refusal(
        'Unsupported',
        501,
        'This drive does not take files in pieces.',
        'Use “Upload…”, which sends a file whole and checks it.'
      );
    }
    const { contentProviderId: _, ...body } = options;
    const version = this._seen.versionOf(path);
    const model = await this._ask<ICtaModel>(path, 'PUT', {
      ...body,
      ...(version ? { ctadata: { version } } : {})
    });
    this._tell('save', null, model);
    return this._seen.note(path, { ...model, path });
  }

  /** Copy a file into a folder. */
  override async copy(
    fromFile: string,
    toDir: string
  ): Promise<Contents.IModel> {
    const model = await this._ask<ICtaModel>(localOf(toDir), 'POST', {
      copy_from: localOf(fromFile)
    });
    this._tell('new', null, model);
    return model;
  }

  /** Nothing is kept: answers the constant checkpoint. */
  override createCheckpoint(
    localPath: string
  ): Promise<Contents.ICheckpointModel> {
    return Promise.resolve(CHECKPOINT);
  }

  /** The constant checkpoint. */
  override listCheckpoints(
    localPath: string
  ): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([CHECKPOINT]);
  }

  /** Nothing to restore. */
  override restoreCheckpoint(
    localPath: string,
    checkpointID: string
  ): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing to delete. */
  override deleteCheckpoint(
    localPath: string,
    checkpointID: string
  ): Promise<void> {
    return Promise.resolve();
  }

  /** Tell that files in a folder changed. */
  touch(folder: string): void {
    const path = `${localOf(folder)}/.`;
    this._tell('save', null, { path, name: '.' });
  }

  private async _meta(path: string): Promise<Contents.IModel> {
    const query = { content: '0' };
    return this._seen.note(
      path,
      await this._ask<ICtaModel>(path, 'GET', undefined, query)
    );
  }

  private async _open(
    path: string,
    options: Contents.IFetchOptions
  ): Promise<Contents.IModel> {
    const size = this._seen.sizeOf(path) ?? (await this._meta(path)).size ?? 0;
    if (size > this.openLimit) {
      throw refusal(
        'TooLargeToOpen',
        413,
        `This file has ${bytes(size)}; at most ${bytes(this.openLimit)} are opened here.`,
        'Download it to the workspace, or raise the limit in the settings.'
      );
    }
    const query: Record<string, string> = { content: '1' };
    if (options.type) {
      query.type = options.type;
    }
    if (options.format) {
      query.format = options.format;
    }
    return this._seen.note(
      path,
      await this._ask<ICtaModel>(path, 'GET', undefined, query)
    );
  }

  private _ask<T>(
    path: string,
    method: string,
    body?: unknown,
    query?: Record<string, string>
  ): Promise<T> {
    return requestAPI<T>(
      `contents/${encodePath(path)}`,
      this.serverSettings,
      { method, body: body === undefined ? undefined : JSON.stringify(body) },
      query
    );
  }

  private _tell(
    type: Contents.IChangedArgs['type'],
    oldValue: Partial<Contents.IModel> | null,
    newValue: Partial<Contents.IModel> | null
  ): void {
    this._changed.emit({ type, oldValue, newValue });
  }

  private _changed = new Signal<this, Contents.IChangedArgs>(this);
  private _isWritable: (source: string) => boolean;
  private _seen = new Seen();
  private _primed = new Map<string, Contents.IModel>();
}

/** The namespace of `CtaDrive`'s statics. */
export namespace CtaDrive {
  /** How a drive is constructed. */
  export interface IOptions {
    /** Where the Jupyter server is. */
    serverSettings: ServerConnection.ISettings;
    /** Whether a source takes files. */
    isWritable?: (source: string) => boolean;
  }

  /** How a folder is listed. */
  export interface IListOptions {
    /** Ask the storage, not the server's memory. */
    fresh?: boolean;
    /** Gives up on the listing. */
    signal?: AbortSignal;
    /** Gets rows as they arrive. */
    onBlock?: (rows: IRow[]) => void;
    /** Whether the rows' paths are JupyterLab's, with the drive's name. */
    isGlobal?: boolean;
  }
}

/** A folder's contents model around its rows. */
export function folderOf(
  path: string,
  rows: ICtaModel[],
  writable: boolean
): ICtaModel {
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    type: 'directory',
    content: rows,
    writable,
    created: '',
    last_modified: '',
    mimetype: '',
    format: 'json'
  };
}

function refusal(
  error: string,
  status: number,
  message: string,
  hint: string
): ServerError {
  return new ServerError({ error, message, hint, retryable: false }, status);
}
