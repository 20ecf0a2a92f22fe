/** What the panel shows: one folder of one source. */

import { FilterFileBrowserModel } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { CtaDrive } from './drive';
import { folderOf } from './drive';
import { parcelOfFiles } from './manifest';
import { DRIVE, globalOf, localOf, placeOf, trim } from './paths';
import type { IPlace } from './paths';
import { asServerError, isAbort } from './request';
import type { ServerError } from './request';
import type { SourcesModel } from './sources';
import type { Uploader } from './upload';
import type { ICtaModel } from './wire';

/** Why a listing shows no row. */
export type Emptiness = 'empty' | 'hidden' | 'filtered';

/** How often a listing that is still arriving is drawn, in ms. */
const REDRAW = 400;

/**
 * A file browser model that stays inside one source and asks before it moves.
 *
 * #### Notes
 * JupyterLab's model moves first and falls back to the root when it fails.
 * This one reads the folder itself, hands the answer to the drive, and only
 * then lets the base class move; so a failure leaves the old listing where it
 * is and is told by `failed`.
 */
export class CtaModel extends FilterFileBrowserModel {
  /** Construct the model; it lists nothing before `open`. */
  constructor(options: CtaModel.IOptions) {
    // The base class's own poll never runs: it would list hidden panels too.
    super({
      ...options,
      driveName: DRIVE,
      auto: false,
      refreshStandby: () => true
    });
    this._drive = options.drive;
    this._sources = options.sources;
    this._uploader = options.uploader;
    this._refreshing = new Poll({
      auto: false,
      name: 'ctadata_jlab:listing',
      factory: () => this.cd('.'),
      frequency: { interval: 300_000, backoff: false, max: 3_600_000 },
      standby: () => (this.isShown() ? 'when-hidden' : true)
    });
  }

  /** Whether the user sees the panel; nothing is refreshed while not. */
  isShown: () => boolean = () => true;

  /** The place that is shown. */
  get place(): IPlace {
    return placeOf(this.path);
  }

  /** Why no row is shown; null if there are rows, or if nobody can tell yet. */
  get emptiness(): Emptiness | null {
    if (this._turn || this._isFailed || !this.place.source) {
      return null;
    }
    if (!this.items().next().done) {
      return null;
    }
    const rows = this._rows.filter(
      row => this.includeHiddenFiles || !row.name.startsWith('.')
    );
    return rows.length ? 'filtered' : this._rows.length ? 'hidden' : 'empty';
  }

  /** A signal emitted when a listing failed (with why) or came (with null). */
  get failed(): ISignal<this, ServerError | null> {
    return this._failed;
  }

  /** A signal emitted when the model starts or stops waiting for a listing. */
  get busyChanged(): ISignal<this, boolean> {
    return this._busyChanged;
  }

  /** How often a visible listing is refreshed, in seconds. */
  set refreshInterval(seconds: number) {
    const interval = Math.max(10, seconds) * 1000;
    this._refreshing.frequency = { interval, backoff: false, max: interval };
  }

  /** Stop everything. */
  override dispose(): void {
    if (!this.isDisposed) {
      this._refreshing.dispose();
      this._turn?.abort.abort();
      super.dispose();
    }
  }

  /** Show a place, be it in another source; the source changes even if the folder cannot be read. */
  async open(place: IPlace): Promise<void> {
    await this._go(place, {});
    if (!this.isDisposed) {
      // Not `start`, which would list again at once.
      const { interval } = this._refreshing.frequency;
      void this._refreshing.schedule({ phase: 'resolved', interval });
    }
  }

  /** Change the folder; a path that leads out of the source leads to its root. */
  override cd(path = '.'): Promise<void> {
    if (!this.place.source) {
      return Promise.resolve();
    }
    return path === '.' ? this._again(false) : this._go(this.resolve(path), {});
  }

  /** List again, if it is seen. */
  override refresh(): Promise<void> {
    return this._redrawOnly ? this._redraw() : this._again(false);
  }

  /** List again and have the storage itself asked. */
  reload(): Promise<void> {
    return this._again(true);
  }

  /** Filter the rows that are here; the server is not asked. */
  override setFilter(
    filter: Parameters<FilterFileBrowserModel['setFilter']>[0]
  ): void {
    this._locally(() => super.setFilter(filter));
  }

  /** Show or hide names with a leading dot; the server is not asked. */
  override showHiddenFiles(value: boolean): void {
    this._locally(() => super.showHiddenFiles(value));
  }

  /** Upload one file as a transfer; resolves when the server has it. */
  override async upload(file: File, path?: string): Promise<Contents.IModel> {
    const to = path === undefined ? this.place : placeOf(path);
    const { sent } = await this._uploader.upload(parcelOfFiles([file]), to);
    await sent;
    const folder = folderOf(localOf(globalOf(to)), [], true);
    return {
      ...folder,
      name: file.name,
      path: `${folder.path}/${file.name}`,
      type: 'file',
      format: null,
      content: null,
      size: file.size
    };
  }

  /** The place that a path given to `cd` means here. */
  resolve(path: string): IPlace {
    const here = this.place;
    const local = path.startsWith(`${DRIVE}:`)
      ? '/' + path.slice(DRIVE.length + 1)
      : path;
    if (!local.startsWith('/')) {
      return { source: here.source, path: climb(`${here.path}/${local}`) };
    }
    const place = placeOf(climb(local));
    return this._sources.find(place.source)
      ? place
      : { source: here.source, path: climb(local) };
  }

  /** Refresh when a file changed in the folder that is shown. */
  protected override onFileChanged(
    sender: Contents.IManager,
    change: Contents.IChangedArgs
  ): void {
    // The base class adds the drive's name to paths that have it already.
    const bare = (value: Partial<Contents.IModel> | null) =>
      value?.path?.startsWith(`${DRIVE}:`)
        ? { ...value, path: localOf(value.path) }
        : null;
    const [oldValue, newValue] = [bare(change.oldValue), bare(change.newValue)];
    const folder = localOf(this.path);
    const isHere = (value: Partial<Contents.IModel> | null): boolean =>
      value?.path !== undefined &&
      value.path.slice(0, Math.max(0, value.path.lastIndexOf('/'))) === folder;
    if (isHere(oldValue) || isHere(newValue)) {
      // A listing under way may have missed the change.
      void this._go(this._turn?.place ?? this.place, {});
      super.onFileChanged(sender, { ...change, oldValue, newValue });
    }
  }

  /** Keep all rows, so that they can be drawn again. */
  protected override handleContents(contents: Contents.IModel): void {
    this._rows = contents.content as ICtaModel[];
    super.handleContents(contents);
  }

  private _again(fresh: boolean): Promise<void> {
    const place = this._turn?.place ?? this.place;
    if (!place.source) {
      return Promise.resolve();
    }
    if (this._turn && !fresh) {
      return this._turn.done;
    }
    return this._go(place, { fresh });
  }

  private _go(place: IPlace, options: { fresh?: boolean }): Promise<void> {
    this._turn?.abort.abort();
    const abort = new AbortController();
    const turn: ITurn = { place, abort, done: Promise.resolve() };
    this._turn = turn;
    this._busyChanged.emit(true);
    turn.done = this._list(turn, options.fresh ?? false).finally(() => {
      if (this._turn === turn) {
        this._turn = null;
        this._busyChanged.emit(false);
      }
    });
    return turn.done;
  }

  private async _list(turn: ITurn, fresh: boolean): Promise<void> {
    const before = { path: localOf(this.path), rows: this._rows };
    const path = localOf(globalOf(turn.place));
    let moved = false;
    let drawn = Date.now();
    try {
      const folder = await this._drive.list(path, {
        fresh,
        signal: turn.abort.signal,
        onRows: partial => {
          const due = Date.now() - drawn > REDRAW && path !== before.path;
          if (due && this._turn === turn) {
            moved = true;
            drawn = Date.now();
            void this._show({ ...partial, content: [...partial.content] });
          }
        }
      });
      if (this._turn === turn && !this.isDisposed) {
        await this._show(folder);
        this._isFailed = false;
        this._failed.emit(null);
      }
    } catch (reason) {
      if (isAbort(reason) || this._turn !== turn || this.isDisposed) {
        return;
      }
      const elsewhere = placeOf(before.path).source !== turn.place.source;
      if (elsewhere) {
        await this._show(folderOf(path, [], false));
      } else if (moved) {
        await this._show(folderOf(before.path, before.rows, true));
      }
      this._isFailed = true;
      this._failed.emit(asServerError(reason));
    }
  }

  /** Let the base class move to a folder that has been read. */
  private _show(folder: ICtaModel): Promise<void> {
    this._drive.prime(folder.path, global(folder));
    return super.cd('/' + folder.path);
  }

  private _redraw(): Promise<void> {
    const path = localOf(this.path);
    return path
      ? this._show(folderOf(path, this._rows, true))
      : Promise.resolve();
  }

  private _locally(change: () => void): void {
    this._redrawOnly = true;
    try {
      change();
    } finally {
      this._redrawOnly = false;
    }
  }

  private _drive: CtaDrive;
  private _sources: SourcesModel;
  private _uploader: Uploader;
  private _refreshing: Poll;
  private _rows: ICtaModel[] = [];
  private _turn: ITurn | null = null;
  private _redrawOnly = false;
  private _isFailed = false;
  private _failed = new Signal<this, ServerError | null>(this);
  private _busyChanged = new Signal<this, boolean>(this);
}

/** The namespace of `CtaModel`'s statics. */
export namespace CtaModel {
  /** How the model is constructed. */
  export interface IOptions extends Omit<
    FilterFileBrowserModel.IOptions,
    'driveName' | 'auto' | 'root' | 'refreshInterval' | 'refreshStandby'
  > {
    /** The drive that lists. */
    drive: CtaDrive;
    /** The sources there are. */
    sources: SourcesModel;
    /** What takes files from the desktop. */
    uploader: Uploader;
  }
}

/** A listing under way. */
interface ITurn {
  place: IPlace;
  abort: AbortController;
  done: Promise<void>;
}

/** A path without `.` and `..`, which never climb above the root. */
function climb(path: string): string {
  const parts: string[] = [];
  for (const part of trim(path).split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part && part !== '.') {
      parts.push(part);
    }
  }
  return '/' + parts.join('/');
}

/** The rows as the contents manager expects them from a drive: with the drive's own paths. */
function global(folder: ICtaModel): ICtaModel {
  const rows = folder.content as ICtaModel[];
  const prefix = `${DRIVE}:`;
  return {
    ...folder,
    content: rows.map(row =>
      row.path.startsWith(prefix) ? { ...row, path: localOf(row.path) } : row
    )
  };
}
