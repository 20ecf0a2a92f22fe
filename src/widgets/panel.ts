/** The panel: header, message, browser, transfers. */

import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';

import { storageIcon } from '../icons';
import { loginOf } from '../jobs';
import type { JobsModel } from '../jobs';
import type { CtaModel } from '../model';
import type { Options } from '../options';
import type { QueueModel } from '../queue';
import { parentOf, placeOf } from '../paths';
import type { IPlace } from '../paths';
import { asServerError } from '../request';
import type { ServerError } from '../request';
import type { SourcesModel } from '../sources';
import { nearest, remoteOf } from '../toggle';
import type { Answer, IJob, ISource } from '../wire';
import { Places } from '../places';
import { Banner } from './banner';
import type { CtaBrowser } from './browser';
import { HeaderWidget } from './header';
import { openPlacesMenu } from './placesmenu';
import type { MenuItem } from './placesmenu';
import { SearchStrip } from './searchstrip';
import { Tally } from './tally';
import { Transfers } from './transfers';

/** Where the place is kept over a reload. */
const STATE = 'ctadata_jlab:place';

/** How often the badge's time left is drawn, in ms. */
const TICK = 20_000;

/** The whole panel with remote storage. */
export class CtaPanel extends Panel {
  /** Construct the panel. */
  constructor(options: CtaPanel.IOptions) {
    super();
    const { trans } = options;
    this._options = options;
    this.browser = options.browser;
    this.id = 'ctadata-panel';
    this.addClass('ctadata-Panel');
    this.title.icon = storageIcon;
    this.title.caption = trans.__('Remote storage');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Remote storage'));
    this.places = new Places(options);
    this._header = new HeaderWidget(() => this._headerProps());
    this.banner = new Banner({
      trans,
      onRetry: () => void this.reload(),
      onLogin: source => this._login(source)
    });
    this.transfers = new Transfers({
      jobs: options.jobs,
      queue: options.queue,
      trans,
      titleOf: name => options.sources.find(name)?.title ?? name,
      mayAnswer: (job, answer) => options.mayAnswer(job, answer),
      onDetails: job => options.onJobDetails(job),
      onLogin: job => this._login(loginOf(job, options.sources.list)),
      onError: reason => this.tell(reason)
    });
    const { model, rows } = this.browser;
    this._strip = new SearchStrip(model, trans);
    const tally = new Tally({ model, rows, trans, language: options.language });
    [
      this._header,
      this.banner,
      this._strip,
      this.browser,
      tally,
      this.transfers
    ].forEach(widget => this.addWidget(widget));
    this._connect();
  }

  /** The browser. */
  readonly browser: CtaBrowser;

  /** The message. */
  readonly banner: Banner;

  /** The transfers. */
  readonly transfers: Transfers;

  /** Bookmarks and recent folders. */
  readonly places: Places;

  /** Does what the menu of places offers besides; set by the commands. */
  onMenu: (item: MenuItem) => void = () => undefined;

  /** Shows the dialog about a source's login; set by the login plugin. */
  onLogin: (source: ISource) => void = () => undefined;

  /** The model. */
  get model(): CtaModel {
    return this.browser.model;
  }

  /** The source that is shown. */
  get current(): ISource | undefined {
    return this._options.sources.find(this.place.source);
  }

  /** The place that is shown, or will be once the panel is seen. */
  get place(): IPlace {
    const { place } = this.model;
    return place.source ? place : (this._first ?? place);
  }

  /** Show a failure as a message in the panel. */
  tell(reason: unknown): void {
    this.banner.error = asServerError(reason);
  }

  /** Ask for the transfers; storages are asked for once the panel is seen. */
  start(): void {
    this._options.jobs.load().catch(() => undefined);
    if (this.isVisible) {
      void this._enter();
    }
  }

  /** Know the storages and the place to begin with; false if they cannot be known. */
  ready(): Promise<boolean> {
    this._ready ??= this._prepare().then(isReady => {
      this._ready = isReady ? this._ready : null;
      return isReady;
    });
    return this._ready;
  }

  /** List again, having asked the storage itself. */
  async reload(): Promise<void> {
    if (!this.model.place.source) {
      await this._enter();
      return;
    }
    await this._options.sources.load();
    await this.model.reload();
  }

  /** Go to another source, into the same folder where it is there. */
  async switchTo(name: string): Promise<void> {
    const { path } = this.place;
    const target: IPlace = { source: name, path: '/' };
    try {
      target.path = await nearest(path, folder =>
        this._options.isFolder({ source: name, path: folder })
      );
    } catch {
      target.path = path; // what is wrong is shown there
    }
    await this.model.open(target);
  }

  /** Go to another source's home. */
  async pick(name: string): Promise<void> {
    const source = this._options.sources.find(name);
    await this.model.open({ source: name, path: source?.home || '/' });
  }

  /** Leave a source that is there no more. */
  async leave(): Promise<void> {
    const [first] = remoteOf(this._options.sources.list);
    if (first && !this.current) {
      await this.pick(first.name);
    }
  }

  /** Go to the user's own folder of the source that is shown. */
  async goHome(): Promise<void> {
    if (await this.ready()) {
      await this.pick(this.place.source);
    }
  }

  /** Stop the clock. */
  override dispose(): void {
    window.clearInterval(this._clock);
    window.removeEventListener('focus', this._onFocus);
    super.dispose();
  }

  /** See what is new. */
  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    void this._enter();
  }

  private async _enter(): Promise<void> {
    if (!(await this.ready()) || !this.isVisible) {
      return;
    }
    if (this.model.place.source || !this._first) {
      void this.model.refresh();
    } else {
      await this.model.open(this._first);
    }
  }

  private async _prepare(): Promise<boolean> {
    const { sources, state, options } = this._options;
    await sources.load();
    if (sources.error) {
      this.tell(sources.error);
      return false;
    }
    const saved = (await state?.fetch(STATE)) as { path?: string } | undefined;
    const place = placeOf(saved?.path ?? '');
    const remote = remoteOf(sources.list);
    const first =
      remote.find(source => source.name === options.values.defaultSource) ??
      remote[0];
    if (sources.find(place.source)) {
      this._first = place;
    } else if (first) {
      this._first = { source: first.name, path: first.home || '/' };
    }
    this._onSources();
    return true;
  }

  private _connect(): void {
    const { sources, jobs, options } = this._options;
    const { model } = this;
    model.isShown = () => this.isVisible;
    model.failed.connect((_, error) => this._onFailed(error), this);
    model.busyChanged.connect((_, isBusy) => {
      this._isBusy = isBusy;
      this._header.update();
    }, this);
    model.pathChanged.connect(this._onPath, this);
    model.located.connect((_, name) => {
      void this.browser.selectItemByName(name).catch(() => undefined);
    }, this);
    sources.changed.connect(this._onSources, this);
    jobs.ended.connect((_, job) => this._onEnded(job), this);
    options.changed.connect(this._onOptions, this);
    this._onOptions();
    this._clock = window.setInterval(() => this._tick(), TICK);
    window.addEventListener('focus', this._onFocus);
  }

  private _onFailed(error: ServerError | null): void {
    this.banner.error = error;
    if (error?.name === 'NotLoggedIn') {
      const source = error.source ?? this.model.place.source;
      this._options.sources.refreshLogin(source).catch(() => undefined);
    }
  }

  private _onPath(): void {
    const path = this.model.path;
    void this._options.state?.save(STATE, { path });
    this.places.visit(this.model.place);
    this._onSources();
  }

  private _onSources(): void {
    const { current } = this;
    this.toggleClass('ctadata-mod-prod', current?.production ?? false);
    this.browser.node.dataset.source = current?.name ?? '';
    this._header.update();
  }

  /** A transfer into or out of the folder that is shown changed it. */
  private _onEnded(job: IJob): void {
    const { place } = this.model;
    const { to, from } = job;
    const into = to?.source === place.source && to.path === place.path;
    const isFrom = from.source === place.source;
    const paths = isFrom ? (from.paths ?? []) : [];
    const leaves = job.kind === 'move' || job.kind === 'delete';
    const outOf = leaves && paths.some(path => parentOf(path) === place.path);
    const isBrought =
      job.kind === 'stage' &&
      paths.some(
        path =>
          parentOf(path) === place.path ||
          `${place.path}/`.startsWith(`${path}/`)
      );
    if (into || outOf || isBrought) {
      void this.model.refresh();
    }
  }

  private _onOptions(): void {
    const { values } = this._options.options;
    this.browser.configure(values);
    this.model.isTree = values.treeMode;
    this.model.refreshInterval = values.refreshInterval;
  }

  /** Draw the time left; ask about a token that should have ended. */
  private _tick(): void {
    const { current } = this;
    if (!this.isVisible || !current) {
      return;
    }
    this._header.update();
    const { until, state } = current.login;
    if (state === 'ok' && until !== null && until < Date.now() / 1000) {
      this._options.sources.refreshLogin(current.name).catch(() => undefined);
    }
  }

  private _login(name: string | null = null): void {
    const source = name ? this._options.sources.find(name) : this.current;
    if (source) {
      this.onLogin(source);
    }
  }

  private _headerProps(): ReturnType<
    ConstructorParameters<typeof HeaderWidget>[0]
  > {
    return {
      sources: this._options.sources.list,
      current: this.current,
      now: Date.now() / 1000,
      isBusy: this._isBusy,
      trans: this._options.trans,
      onSwitch: name => void this.switchTo(name),
      onPick: name => void this.pick(name),
      onLogin: () => this._login(),
      onPlaces: button => {
        openPlacesMenu(button, {
          places: this.places,
          here: this.place,
          current: this.current,
          trans: this._options.trans,
          titleOf: name => this._options.sources.find(name)?.title ?? name,
          go: place => void this.model.open(place),
          act: item => this.onMenu(item)
        });
      },
      onRefresh: () => void this.reload()
    };
  }

  private _onFocus = (): void => this.model.look();

  private _options: CtaPanel.IOptions;
  private _header: HeaderWidget;
  private _strip: SearchStrip;
  private _first: IPlace | null = null;
  private _ready: Promise<boolean> | null = null;
  private _isBusy = false;
  private _clock = 0;
}

/** The namespace of `CtaPanel`'s statics. */
export namespace CtaPanel {
  /** How the panel is constructed. */
  export interface IOptions {
    browser: CtaBrowser;
    sources: SourcesModel;
    jobs: JobsModel;
    queue: QueueModel;
    options: Options;
    state: IStateDB | null;
    trans: TranslationBundle;
    /** The user's language. */
    language?: string;
    /** Whether a place is a folder; false if it is not there. */
    isFolder(place: IPlace): Promise<boolean>;
    /** Whether the user is sure of an answer to a transfer's question. */
    mayAnswer(job: IJob, answer: Answer): Promise<boolean>;
    /** Tells more about a transfer. */
    onJobDetails(job: IJob): void;
  }
}
