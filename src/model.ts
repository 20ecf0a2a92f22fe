/** What the panel shows: one folder of one source. */

import { FilterFileBrowserModel } from '@jupyterlab/filebrowser';
import type { Contents, Session } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { climb, placesFrom } from './address';
import { Arrival } from './arrival';
import type { CtaDrive } from './drive';
import { folderOf } from './drive';
import { NO_FILTER } from './filter';
import type { IFilter } from './filter';
import { parcelOfFiles } from './manifest';
import { DRIVE, globalOf, localOf, nameOf, parentOf, placeOf } from './paths';
import type { IPlace } from './paths';
import { asServerError, isAbort } from './request';
import type { ServerError } from './request';
import { Rows } from './rows';
import type { IView } from './rows';
import { Search } from './search';
import type { ISearchState } from './search';
import { BY_NAME, compareBy } from './sort';
import type { Compare, IOrder } from './sort';
import type { SourcesModel } from './sources';
import { depthOf, Tree } from './tree';
import type { Uploader } from './upload';
import type { IRow } from './wire';

/** How old a listing may be that is not asked for again when the user comes back, in ms. */
const STALE = 30_000;

/** How a folder's row stands in the tree. */
export type Fold = 'folded' | 'loading' | 'unfolded';

/** Why a listing shows no row. */
export type Emptiness = 'empty' | 'hidden' | 'filtered';

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
    this._drive = options.drive;
    this._language = (options.translator ?? nullTranslator).languageCode;
    this._compare = compareBy(BY_NAME, this._language);
    this._view = this._viewOf();
    this._sources = options.sources;
    this._uploader = options.uploader;
    this._refreshing = new Poll({
      auto: false,
      name: 'ctadata_jlab:listing',
      factory: () => this.cd('.'),
      frequency: { interval: 300_000, backoff: false, max: 3_600_000 },
      standby: () => (this.isShown() ? 'when-hidden' : true),
      linger: 0 // it would go on once in a page that is hidden
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
    const { all, shown } = this._rows;
    if (shown.length) {
      return null;
    }
    return all.some(row => this._isVisible(row))
      ? 'filtered'
      : all.length
        ? 'hidden'
        : 'empty';
  }

  /** The rows that are shown, in their order. */
  get shown(): readonly IRow[] {
    return this._tree.flatten(this._rows.shown);
  }

  /** How the search stands whose results are shown; null if a folder is. */
  get search(): ISearchState | null {
    return this._search?.state ?? null;
  }

  /** A signal emitted when a search goes on, begins, or ends. */
  get searchChanged(): ISignal<this, void> {
    return this._searchChanged;
  }

  /** Show what is called so below the folder that is shown; what is found comes as it is found. */
  async searchFor(text: string): Promise<void> {
    this._turn?.abort.abort();
    this._search?.stop();
    const search = new Search(text, this.place);
    this._search = search;
    this._tree.clear();
    const arrival = new Arrival(async rows => {
      await rows.arrange(this._view);
      if (this._search === search) {
        this._rows = rows;
        this._drawn.emit();
      }
    });
    arrival.take([]);
    this._searchChanged.emit();
    await search.run(this._drive.serverSettings, rows => {
      arrival.take(rows);
      if (this._search === search) {
        this._searchChanged.emit();
      }
    });
    await arrival.end();
    if (this._search === search) {
      void this._arrange();
    }
  }

  /** Look no further; what was found stays. */
  stopSearch(): void {
    this._search?.stop();
  }

  /** Show the folder again. */
  endSearch(): void {
    if (this._search) {
      void this._go(this.place, {});
    }
  }

  /** What was found is shown no longer: it must not be taken for a folder's rows. */
  private _leaveSearch(): void {
    if (this._search) {
      this._search.stop();
      this._search = null;
      this._rows = new Rows();
      this._hash = null;
      this._searchChanged.emit();
      this._drawn.emit();
    }
  }

  /** Whether folders unfold in the list. */
  get isTree(): boolean {
    return this._isTree && !this._search;
  }
  set isTree(value: boolean) {
    if (this._isTree !== value) {
      this._isTree = value;
      this._tree.clear();
      void this._arrange();
    }
  }

  /** How deep below the folder that is shown a row lies. */
  depthOf(row: Contents.IModel): number {
    return depthOf(row.path) - depthOf(this.path) - 1;
  }

  /** How a folder's row stands in the tree. */
  foldOf(row: Contents.IModel): Fold | null {
    if (!this.isTree || row.type !== 'directory') {
      return null;
    }
    return this._tree.isLoading(row.path)
      ? 'loading'
      : this._tree.has(row.path)
        ? 'unfolded'
        : 'folded';
  }

  /** Show what a folder holds below its row, or no longer. */
  async toggle(row: Contents.IModel): Promise<void> {
    try {
      if (this._tree.has(row.path)) {
        this._tree.fold(row.path);
      } else {
        const unfolding = this._tree.unfold(row.path, () => this._view);
        this._drawn.emit();
        await unfolding;
      }
    } catch (reason) {
      if (!isAbort(reason)) {
        this._failed.emit(asServerError(reason));
      }
    }
    if (!this.isDisposed) {
      await this._arrange();
    }
  }

  /** How many rows of the folder itself are shown. */
  get passing(): number {
    return this._rows.shown.length;
  }

  /** How many rows there are, shown or not. */
  get total(): number {
    return this._rows.all.length;
  }

  /** Whether more rows are to come than are here. */
  get isArriving(): boolean {
    return this._isArriving;
  }

  /** How the rows are ordered. */
  get order(): IOrder {
    return this._order;
  }

  /** Order the rows otherwise; null if that is done already. */
  orderBy(change: Partial<IOrder>): Promise<void> | null {
    const order = { ...this._order, ...change };
    if (JSON.stringify(order) === JSON.stringify(this._order)) {
      return null;
    }
    this._order = order;
    this._compare = compareBy(order, this._language);
    return this._arrange();
  }

  /** Which names are shown. */
  get filter(): IFilter {
    return this._filtering;
  }

  /** Show other names; null if that is done already. */
  filterBy(filter: IFilter): Promise<void> | null {
    this._filtering = filter;
    this._test = row => filter.test(row.name);
    return this._arrange();
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
    const interval = Math.max(10, seconds) * 1000;
    this._refreshing.frequency = { interval, backoff: false, max: interval };
    if (this.place.source) {
      this._wait();
    }
  }

  /** Stop everything. */
  override dispose(): void {
    if (!this.isDisposed) {
      this._refreshing.dispose();
      this._turn?.abort.abort();
      this._search?.stop();
      super.dispose();
    }
  }

  /** Show a place, be it in another source; the source changes even if the folder cannot be read. */
  async open(place: IPlace): Promise<void> {
    await this._go(place, {});
    if (!this.isDisposed) {
      this._wait();
    }
  }

  /** Begin to wait for the next refresh; not `start`, which would list at once. */
  private _wait(): void {
    const { interval } = this._refreshing.frequency;
    void this._refreshing.schedule({ phase: 'resolved', interval });
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
    return isWritten ? this.goTo(path) : this._go(this.resolve(path), {});
  }

  /** Go to a place in any form that people write; a file is shown in its folder. */
  async goTo(text: string): Promise<void> {
    try {
      const places = placesFrom(text, this._sources.list, this.place);
      const found = await this._firstOf(places);
      await this._go(found.folder, {});
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
    await this._go({ source, path: parentOf(path) }, {});
    this._located.emit(nameOf(path));
  }

  /** A signal emitted with the name of a file that was gone to. */
  get located(): ISignal<this, string> {
    return this._located;
  }

  /** The first of some places that is there; the last one if none is. */
  private async _firstOf(
    places: IPlace[]
  ): Promise<{ folder: IPlace; file: string | null }> {
    for (const place of places) {
      const kind = await this._drive.kindOf(globalOf(place));
      if (kind === 'folder') {
        return { folder: place, file: null };
      }
      if (kind === 'file') {
        const folder = { ...place, path: parentOf(place.path) };
        return { folder, file: nameOf(place.path) };
      }
    }
    return { folder: places[places.length - 1], file: null };
  }

  /** List again, if it is seen; if not, when the user comes back. */
  override refresh(): Promise<void> {
    if (this._isLocal) {
      return this._arrange() ?? Promise.resolve();
    }
    return this._isQuiet() ? Promise.resolve() : this._again(false);
  }

  /** Whether nobody sees what is shown; it is then taken for old. */
  private _isQuiet(): boolean {
    const isQuiet = !this.isShown() && !this._turn;
    if (isQuiet) {
      this._listed = 0;
    }
    return isQuiet;
  }

  /** List again if what is shown is older than the server's memory: the user has come back. */
  look(): void {
    if (this.isShown() && !this._turn && Date.now() - this._listed > STALE) {
      void this._again(false);
    }
  }

  /** List again and have the storage itself asked. */
  reload(): Promise<void> {
    return this._again(true);
  }

  /** Filter the rows that are here; the server is not asked. */
  override setFilter(
    filter: Parameters<FilterFileBrowserModel['setFilter']>[0]
  ): void {
    this._filtering = NO_FILTER;
    this._test = row => filter(row) !== null;
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
    const isHere = (value: Partial<Contents.IModel> | null): boolean => {
      const parent = value?.path?.slice(0, value.path.lastIndexOf('/'));
      return (
        parent !== undefined &&
        (parent === folder || this._tree.has(`${DRIVE}:${parent}`))
      );
    };
    if (this._search) {
      return;
    }
    if ((isHere(oldValue) || isHere(newValue)) && !this._isQuiet()) {
      // A listing under way may have missed the change.
      void this._go(this._turn?.place ?? this.place, {});
      super.onFileChanged(sender, { ...change, oldValue, newValue });
    }
  }

  /** Kernels came or went: the same rows are drawn. */
  protected override onRunningChanged(
    sender: Session.IManager,
    models: Iterable<Session.IModel>
  ): void {
    if (!this._turn) {
      this._drawn.emit();
    }
  }

  private _again(fresh: boolean): Promise<void> {
    const place = this._turn?.place ?? this.place;
    if (!place.source || (this._search && !fresh)) {
      return Promise.resolve();
    }
    if (this._search) {
      return this.searchFor(this._search.state.text);
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
    this._leaveSearch();
    this._busyChanged.emit(true);
    turn.done = this._list(turn, options.fresh ?? false).finally(() => {
      if (this._turn === turn) {
        this._turn = null;
        this._isArriving = false;
        this._busyChanged.emit(false);
      }
    });
    return turn.done;
  }

  private async _list(turn: ITurn, fresh: boolean): Promise<void> {
    const before = { path: localOf(this.path), rows: this._rows };
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
      this._listed = Date.now();
      const rows = await arrival.end();
      if (path === before.path) {
        await this._tree.reload(() => this._view);
      }
      const isSame = path === before.path && hash === this._hash;
      if (isSame && rows.all.length === before.rows.all.length) {
        this._drawn.emit();
        this._tellFailed(null);
      } else if (await this._prepare(rows, turn)) {
        await this._show(path, rows);
        this._hash = hash;
        this._tellFailed(null);
      }
    } catch (reason) {
      await arrival.end();
      if (isAbort(reason) || this._turn !== turn || this.isDisposed) {
        return;
      }
      if (placeOf(before.path).source !== turn.place.source) {
        await this._show(path, new Rows());
      } else if (this._rows !== before.rows) {
        await this._show(before.path, before.rows);
      }
      this._tellFailed(asServerError(reason));
    }
  }

  private _tellFailed(error: ServerError | null): void {
    this._isFailed = error !== null;
    this._failed.emit(error);
  }

  /** Arrange rows that are not shown yet; tells whether they are still wanted. */
  private async _prepare(rows: Rows, turn: ITurn): Promise<boolean> {
    do {
      await rows.arrange(this._view);
    } while (rows.view !== this._view);
    return this._turn === turn && !this.isDisposed;
  }

  /** Show rows that have been arranged, and let the base class move to their folder. */
  private async _show(path: string, rows: Rows): Promise<void> {
    this._rows = rows;
    if (path !== localOf(this.path)) {
      this._hash = null;
      this._tree.clear();
      this._drive.prime(path, folderOf(path, [], true));
      await super.cd('/' + path);
    }
    this._drawn.emit();
  }

  /** Arrange the rows anew and draw them; null if that is done already. */
  private _arrange(): Promise<void> | null {
    this._view = this._viewOf();
    const rows = this._rows;
    const view = this._view;
    const branches = this._tree.arrange(view);
    const arranging = branches
      ? branches.then(() => rows.arrange(view) ?? undefined)
      : rows.arrange(view);
    if (!arranging) {
      this._drawn.emit();
      return null;
    }
    return arranging.then(() => {
      if (rows === this._rows && !this.isDisposed) {
        this._drawn.emit();
      }
    });
  }

  private _viewOf(): IView {
    return {
      compare: this._compare,
      isShown: row => this._isVisible(row) && this._passes(row)
    };
  }

  private _passes(row: IRow): boolean {
    const isSpared = row.type === 'directory' && !this.filterDirectories;
    return isSpared || this._test(row) || this._tree.showsBelow(row.path);
  }

  private _isVisible(row: IRow): boolean {
    return this.includeHiddenFiles || !row.name.startsWith('.');
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
  private _refreshing: Poll;
  private _language: string;
  private _order = BY_NAME;
  private _compare: Compare;
  private _test: (row: IRow) => boolean = () => true;
  private _filtering = NO_FILTER;
  private _view: IView;
  private _search: Search | null = null;
  private _searchChanged = new Signal<this, void>(this);
  private _isTree = false;
  private _tree = new Tree(async path => {
    const rows = new Rows();
    await this._drive.list(path, {
      isGlobal: true,
      onBlock: block => rows.add(block)
    });
    return rows;
  });
  private _rows = new Rows();
  private _hash: string | null | undefined = null;
  private _drawn = new Signal<this, void>(this);
  private _located = new Signal<this, string>(this);
  private _isArriving = false;
  private _listed = 0;
  private _turn: ITurn | null = null;
  private _isLocal = false;
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
