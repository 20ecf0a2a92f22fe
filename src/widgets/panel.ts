/** The panel: header, message, browser, transfers. */

import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';

import { storageIcon } from '../icons';
import type { JobsModel } from '../jobs';
import type { CtaModel } from '../model';
import type { Options } from '../options';
import { parentOf, placeOf } from '../paths';
import type { IPlace } from '../paths';
import { asServerError } from '../request';
import type { ServerError } from '../request';
import type { SourcesModel } from '../sources';
import { nearest, remoteOf } from '../toggle';
import type { IJob, ISource } from '../wire';
import { Banner } from './banner';
import type { CtaBrowser } from './browser';
import { HeaderWidget } from './header';
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
    this._header = new HeaderWidget(() => this._headerProps());
    this.banner = new Banner({
      trans,
      onRetry: () => void this.reload(),
      onLogin: () => this._login()
    });
    this.transfers = new Transfers({
      jobs: options.jobs,
      trans,
      titleOf: name => options.sources.find(name)?.title ?? name,
      onDetails: job => options.onJobDetails(job),
      onError: reason => this.tell(reason)
    });
    const { model, rows } = this.browser;
    const tally = new Tally({ model, rows, trans, language: options.language });
    [this._header, this.banner, this.browser, tally, this.transfers].forEach(
      widget => this.addWidget(widget)
    );
    this._connect();
  }

  /** The browser. */
  readonly browser: CtaBrowser;

  /** The message. */
  readonly banner: Banner;

  /** The transfers. */
  readonly transfers: Transfers;

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

  /** Read the sources and go where the user was, as soon as the panel is seen. */
  async start(): Promise<void> {
    const { sources, jobs, state, options } = this._options;
    jobs.load().catch(() => undefined);
    await sources.load();
    if (sources.error) {
      this.tell(sources.error);
      return;
    }
    const saved = (await state?.fetch(STATE)) as { path?: string } | undefined;
    const place = placeOf(saved?.path ?? '');
    if (sources.find(place.source)) {
      await this._begin(place);
      return;
    }
    const remote = remoteOf(sources.list);
    const first =
      remote.find(source => source.name === options.values.defaultSource) ??
      remote[0];
    if (first) {
      await this._begin({ source: first.name, path: first.home || '/' });
    }
  }

  /** List again, having asked the storage itself. */
  async reload(): Promise<void> {
    if (!this.model.place.source) {
      await this.start();
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

  /** Stop the clock. */
  override dispose(): void {
    window.clearInterval(this._clock);
    super.dispose();
  }

  /** See what is new. */
  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    if (this._first && !this.model.place.source) {
      void this.model.open(this._first);
    } else {
      void this.model.refresh();
    }
  }

  /** Show the first place; nothing is listed before the panel is seen. */
  private async _begin(place: IPlace): Promise<void> {
    this._first = place;
    if (this.isVisible) {
      await this.model.open(place);
    } else {
      this._onSources();
    }
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
  }

  private _onFailed(error: ServerError | null): void {
    this.banner.error = error;
    if (error?.name === 'NotLoggedIn') {
      const { source } = this.model.place;
      this._options.sources.refreshLogin(source).catch(() => undefined);
    }
  }

  private _onPath(): void {
    const path = this.model.path;
    void this._options.state?.save(STATE, { path });
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
    const leaves = job.kind === 'move' || job.kind === 'delete';
    const outOf =
      leaves &&
      from.source === place.source &&
      (from.paths ?? []).some(path => parentOf(path) === place.path);
    if (into || outOf) {
      void this.model.refresh();
    }
  }

  private _onOptions(): void {
    const { values } = this._options.options;
    const { browser } = this;
    browser.showFileSizeColumn = values.showSize;
    browser.showLastModifiedColumn = values.showModified;
    if (this.model.includeHiddenFiles !== values.showHidden) {
      browser.showHiddenFiles = values.showHidden;
    }
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

  private _login(): void {
    const { current } = this;
    if (current) {
      this.onLogin(current);
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
      onRefresh: () => void this.reload()
    };
  }

  private _options: CtaPanel.IOptions;
  private _header: HeaderWidget;
  private _first: IPlace | null = null;
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
    options: Options;
    state: IStateDB | null;
    trans: TranslationBundle;
    /** The user's language. */
    language?: string;
    /** Whether a place is a folder; false if it is not there. */
    isFolder(place: IPlace): Promise<boolean>;
    /** Tells more about a transfer. */
    onJobDetails(job: IJob): void;
  }
}
