/** What the panel shows: one folder of one source. */

import { FilterFileBrowserModel } from '@jupyterlab/filebrowser';
import type { Contents, Session } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { firstOf, placesFrom, resolve } from './address';
import { foldersOf, ofDrive } from './changes';
import type { CtaDrive } from './drive';
import { folderOf } from './drive';
import type { IFilter } from './filter';
import { Finding } from './finding';
import { parcelOfFiles } from './manifest';
import { DRIVE, globalOf, localOf, nameOf, parentOf, placeOf } from './paths';
import type { IPlace } from './paths';
import { Refreshing } from './refreshing';
import { asServerError, isAbort } from './request';
import type { ServerError } from './request';
import { Rows } from './rows';
import type { ISearchState } from './search';
import { Shown } from './shown';
import type { Emptiness } from './shown';
import type { IOrder } from './sort';
import type { SourcesModel } from './sources';
import { depthOf, Tree } from './tree';
import type { Fold } from './tree';
import { Turns } from './turns';
import type { ITraveller } from './turns';
import type { Uploader } from './upload';
import { View } from './view';
import type { IRow } from './wire';

/**
 * A file browser model that stays inside one source and asks before it moves.
 *
 * #### Notes
 * JupyterLab's model moves first and falls back to the root when it fails.
 * This one reads the folder itself, hands the answer to the drive, and only
 * then lets the base class move; so a failure leaves the old listing where it
 * is and is told by `failed`. The base class is given an empty folder: the
 * rows, their order and their filter are kept here, for it would go through
 * all of them a dozen times for each listing.
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
    const { drive } = options;
    const { languageCode } = options.translator ?? nullTranslator;
    const tree = new Tree(path => rowsOf(drive, path));
    this._drive = drive;
    this._sources = options.sources;
    this._uploader = options.uploader;
    this._view = new View(this, tree, languageCode);
    this._shown = new Shown(this._view, tree, () => this._drawn.emit());
    this._finding = new Finding(drive.serverSettings, this._shown, () =>
      this._searchChanged.emit()
    );
    this._turns = new Turns(drive, this._shown, this._traveller());
    this._refreshing = new Refreshing({
      isShown: () => this.isShown(),
      isBusy: () => this._turns.now !== null,
      again: () => this.cd('.')
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
    return this._turns.now || this._isFailed || !this.place.source
      ? null
      : this._shown.emptiness;
  }

  /** The rows that are shown, in their order. */
  get shown(): readonly IRow[] {
    return this._shown.list;
  }

  /** How the search stands whose results are shown; null if a folder is. */
  get search(): ISearchState | null {
    return this._finding.state;
  }

  /** A signal emitted when a search goes on, begins, or ends. */
  get searchChanged(): ISignal<this, void> {
    return this._searchChanged;
  }

  /** Show what is called so below the folder that is shown; what is found comes as it is found. */
  searchFor(text: string): Promise<void> {
    this._turns.abort();
    return this._finding.begin(text, this.place);
  }

  /** Look no further; what was found stays. */
  stopSearch(): void {
    this._finding.stop();
  }

  /** Show the folder again. */
  endSearch(): void {
    if (this.search) {
      void this._turns.go(this.place);
    }
  }

  /** Whether folders unfold in the list. */
  get isTree(): boolean {
    return this._isTree && !this.search;
  }
  set isTree(value: boolean) {
    if (this._isTree !== value) {
      this._isTree = value;
      this._shown.tree.clear();
      void this._shown.arrange();
    }
  }

  /** How deep below the folder that is shown a row lies. */
  depthOf(row: Contents.IModel): number {
    return depthOf(row.path) - depthOf(this.path) - 1;
  }

  /** How a folder's row stands in the tree. */
  foldOf(row: Contents.IModel): Fold | null {
    return this.isTree && row.type === 'directory'
      ? this._shown.tree.foldOf(row.path)
      : null;
  }

  /** Show what a folder holds below its row, or no longer. */
  async toggle(row: Contents.IModel): Promise<void> {
    try {
      await this._shown.toggle(row.path);
    } catch (reason) {
      if (!isAbort(reason)) {
        this._failed.emit(asServerError(reason));
      }
    }
    if (!this.isDisposed) {
      await this._shown.arrange();
    }
  }

  /** How many rows of the folder itself are shown. */
  get passing(): number {
    return this._shown.rows.shown.length;
  }

  /** How many rows there are, shown or not. */
  get total(): number {
    return this._shown.rows.all.length;
  }

  /** Whether more rows are to come than are here. */
  get isArriving(): boolean {
    return this._turns.isArriving;
  }

  /** How the rows are ordered. */
  get order(): IOrder {
    return this._view.order;
  }

  /** Order the rows otherwise; null if that is done already. */
  orderBy(change: Partial<IOrder>): Promise<void> | null {
    return this._view.orderBy(change) ? this._shown.arrange() : null;
  }

  /** Which names are shown. */
  get filter(): IFilter {
    return this._view.filter;
  }

  /** Show other names; null if that is done already. */
  filterBy(filter: IFilter): Promise<void> | null {
    this._view.filterBy(filter);
    return this._shown.arrange();
  }

  /** A signal emitted when other rows are to be drawn. */
  override get refreshed(): ISignal<this, void> {
    return this._drawn;
  }

  /** The rows that are shown, in their order. */
  override items(): IterableIterator<Contents.IModel> {
    return this.shown[Symbol.iterator]() as IterableIterator<Contents.IModel>;
  }

  /** The kernels that run for files of the folder. */
  override *sessions(): IterableIterator<Session.IModel> {
    const folder = `${this.path}/`;
    for (const session of this.manager.services.sessions.running()) {
      const { path } = session;
      if (path.startsWith(folder) && !path.includes('/', folder.length)) {
        yield session;
      }
    }
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
    this._refreshing.interval = seconds;
    if (this.place.source) {
      this._refreshing.wait();
    }
  }

  /** Stop everything. */
  override dispose(): void {
    if (!this.isDisposed) {
      this._refreshing.dispose();
      this._turns.abort();
      this._finding.stop();
      super.dispose();
    }
  }

  /** Show a place, be it in another source; the source changes even if the folder cannot be read. */
  async open(place: IPlace): Promise<void> {
    await this._turns.go(place);
    if (!this.isDisposed) {
      this._refreshing.wait();
    }
  }

  /** Change the folder; a path that leads out of the source leads to its root. */
  override cd(path = '.'): Promise<void> {
    if (!this.place.source) {
      return Promise.resolve();
    }
    if (path === '.') {
      return this._again(false);
    }
    const isWritten = /^\/?([a-z][\w+.-]*:\/|pnfs\/)/i.test(path);
    return isWritten ? this.goTo(path) : this._turns.go(this.resolve(path));
  }

  /** Go to a place in any form that people write; a file is shown in its folder. */
  async goTo(text: string): Promise<void> {
    try {
      const places = placesFrom(text, this._sources.list, this.place);
      const found = await firstOf(places, place =>
        this._drive.kindOf(globalOf(place))
      );
      await this._turns.go(found.folder);
      if (found.file) {
        this._located.emit(found.file);
      }
    } catch (reason) {
      this._tellFailed(asServerError(reason));
    }
  }

  /** Show a row, such as one that a search has found, in the folder where it lies. */
  async reveal(row: Contents.IModel): Promise<void> {
    const { source, path } = placeOf(row.path);
    await this._turns.go({ source, path: parentOf(path) });
    this._located.emit(nameOf(path));
  }

  /** A signal emitted with the name of a file that was gone to. */
  get located(): ISignal<this, string> {
    return this._located;
  }

  /** List again, if it is seen; if not, when the user comes back. */
  override refresh(): Promise<void> {
    if (this._isLocal) {
      return this._shown.arrange() ?? Promise.resolve();
    }
    return this._refreshing.isQuiet() ? Promise.resolve() : this._again(false);
  }

  /** List again if what is shown is older than the server's memory: the user has come back. */
  look(): void {
    this._refreshing.look();
  }

  /** List again and have the storage itself asked. */
  reload(): Promise<void> {
    return this._again(true);
  }

  /** Filter the rows that are here; the server is not asked. */
  override setFilter(
    filter: Parameters<FilterFileBrowserModel['setFilter']>[0]
  ): void {
    this._view.filterWith(row => filter(row) !== null);
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
    return resolve(path, this.place, name => Boolean(this._sources.find(name)));
  }

  /** Refresh when a file changed in the folder that is shown. */
  protected override onFileChanged(
    sender: Contents.IManager,
    change: Contents.IChangedArgs
  ): void {
    const ours = ofDrive(change);
    const here = localOf(this.path);
    const { tree } = this._shown;
    const isHere = foldersOf(ours).some(
      folder => folder === here || tree.has(`${DRIVE}:${folder}`)
    );
    if (isHere && !this.search && !this._refreshing.isQuiet()) {
      // A listing under way may have missed the change.
      void this._turns.go(this._turns.now?.place ?? this.place);
      super.onFileChanged(sender, ours);
    }
  }

  /** Kernels came or went: the same rows are drawn. */
  protected override onRunningChanged(
    sender: Session.IManager,
    models: Iterable<Session.IModel>
  ): void {
    if (!this._turns.now) {
      this._drawn.emit();
    }
  }

  private _again(fresh: boolean): Promise<void> {
    const place = this._turns.now?.place ?? this.place;
    const { search } = this;
    if (!place.source || (search && !fresh)) {
      return Promise.resolve();
    }
    if (search) {
      return this.searchFor(search.text);
    }
    return fresh || !this._turns.now
      ? this._turns.go(place, fresh)
      : this._turns.now.done;
  }

  private _traveller(): ITraveller {
    return {
      isDisposed: () => this.isDisposed,
      path: () => localOf(this.path),
      move: path => super.cd('/' + path),
      begin: () => {
        this._finding.leave();
        this._busyChanged.emit(true);
      },
      listed: () => this._refreshing.listed(),
      end: () => this._busyChanged.emit(false),
      tell: error => this._tellFailed(error)
    };
  }

  private _tellFailed(error: ServerError | null): void {
    this._isFailed = error !== null;
    this._failed.emit(error);
  }

  private _locally(change: () => void): void {
    this._isLocal = true;
    try {
      change();
    } finally {
      this._isLocal = false;
    }
  }

  private _drive: CtaDrive;
  private _sources: SourcesModel;
  private _uploader: Uploader;
  private _view: View;
  private _shown: Shown;
  private _finding: Finding;
  private _turns: Turns;
  private _refreshing: Refreshing;
  private _isTree = false;
  private _isLocal = false;
  private _isFailed = false;
  private _drawn = new Signal<this, void>(this);
  private _searchChanged = new Signal<this, void>(this);
  private _located = new Signal<this, string>(this);
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

/** The rows of a folder, by its path. */
async function rowsOf(drive: CtaDrive, path: string): Promise<Rows> {
  const rows = new Rows();
  await drive.list(path, {
    isGlobal: true,
    onBlock: block => rows.add(block)
  });
  return rows;
}
