/** JupyterLab's file browser around our model and listing. */

import type { DirListing } from '@jupyterlab/filebrowser';
import { FileBrowser } from '@jupyterlab/filebrowser';
import { nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { CtaModel } from '../model';
import type { ISharedValues } from '../options';
import type { Emptiness } from '../shown';
import type { SourcesModel } from '../sources';
import { FilterBox } from './filterbox';
import { VirtualDirListing } from './listing';

/** A file browser whose home is the source that is shown. */
export class CtaBrowser extends FileBrowser {
  /** Construct the browser. */
  constructor(options: CtaBrowser.IOptions) {
    super({ ...options, restore: false });
    this.addClass('ctadata-Browser');
    this.model = options.model;
    this._sources = options.sources;
    // JupyterLab's commands wait for this; the panel itself goes where the user was.
    void this.model.restore(this.id, false);
    this.showFileCheckboxes = false;
    this.showFileFilter = true;
    this._empty.className = 'ctadata-Empty';
    this._empty.setAttribute('role', 'status');
    this.rows.node.append(this._empty);
    this._bundle = (options.translator ?? nullTranslator).load('ctadata_jlab');
    this._filter = new FilterBox({
      model: this.model,
      trans: this._bundle,
      onLeave: () => this.listing.activate()
    });
    this._replaceFilter(this._filter);
    this.model.refreshed.connect(this._sayIfEmpty, this);
    this.model.busyChanged.connect(this._sayIfEmpty, this);
    this._observer = new MutationObserver(() => this._nameHome());
    this._observer.observe(this.crumbs.node, {
      childList: true,
      subtree: true
    });
  }

  /** The model. */
  override readonly model: CtaModel;

  /** The rows. */
  get rows(): VirtualDirListing {
    return this.listing as VirtualDirListing;
  }

  /** Take the settings; what has not changed is left alone, for each redraws. */
  configure(values: ISharedValues): void {
    const { filterDirectories, breadcrumbs, ...rest } = values;
    this._shorten(breadcrumbs);
    for (const key of Object.keys(rest) as (keyof typeof rest)[]) {
      if (key in this && this[key] !== values[key]) {
        this[key] = values[key];
      }
    }
    this.crumbs.update(); // they look at the settings when they are drawn
    this.model.orderBy({
      natural: values.sortFileNamesNaturally,
      notebooksFirst: values.sortNotebooksFirst
    });
    if (this.model.filterDirectories !== filterDirectories) {
      this.model.filterDirectories = filterDirectories;
      void this.model.filterBy(this.model.filter);
    }
  }

  /** Shorten long paths so; the source is always the first crumb. */
  private _shorten(wanted: Partial<ISharedValues['breadcrumbs']>): void {
    const { minimumLeftItems = 1, minimumRightItems = 2 } = wanted;
    if ('minimumBreadcrumbsLeftItems' in this) {
      this.minimumBreadcrumbsLeftItems = Math.max(1, minimumLeftItems);
      this.minimumBreadcrumbsRightItems = minimumRightItems;
    }
  }

  /** Let the user type into the filter. */
  focusFilter(): void {
    this.showFileFilter = true;
    this._filter.focus();
  }

  /** Whether another folder is shown without the filter. */
  override set clearFilterOnNavigation(value: boolean) {
    super.clearFilterOnNavigation = value;
    this._filter.isClearedOnNavigation = value;
  }
  override get clearFilterOnNavigation(): boolean {
    return super.clearFilterOnNavigation;
  }

  /** Stop watching. */
  override dispose(): void {
    this._observer.disconnect();
    super.dispose();
  }

  /** The listing that stays quick. */
  protected override createDirListing(
    options: DirListing.IOptions
  ): DirListing {
    return new VirtualDirListing({
      ...options,
      model: options.model as CtaModel
    });
  }

  /** Put our filter where JupyterLab's is, which goes through all rows at each key. */
  private _replaceFilter(filter: FilterBox): void {
    const { filterToolbar } = this;
    Array.from(filterToolbar.children()).forEach(child => child.dispose());
    filterToolbar.addItem('filter', filter);
  }

  /** Call the first crumb what users call the source. */
  private _nameHome(): void {
    const { source } = this.model.place;
    const title = this._sources.find(source)?.title ?? source;
    this.crumbs.node
      .querySelectorAll<HTMLElement>('.jp-BreadCrumbs-item')
      .forEach(crumb => {
        // JupyterLab 4.4 keeps the path in the title, and its elements for others
        const { path } = crumb.dataset;
        const isHome = (path ?? crumb.title) === source;
        crumb.classList.toggle('ctadata-home', isHome);
        if (isHome && crumb.textContent !== title) {
          crumb.textContent = title;
          crumb.title = path === undefined ? crumb.title : title;
        }
      });
  }

  /** Say why there are no rows. */
  private _sayIfEmpty(): void {
    const why = this.model.emptiness;
    this._empty.textContent = why ? this._reasons()[why] : '';
  }

  private _reasons(): Record<Emptiness, string> {
    const trans = this._bundle;
    return {
      empty: trans.__('This folder is empty.'),
      hidden: trans.__('Only hidden files are in this folder.'),
      filtered: trans.__('No name matches the filter.')
    };
  }

  private _filter: FilterBox;
  private _sources: SourcesModel;
  private _bundle: TranslationBundle;
  private _empty = document.createElement('div');
  private _observer: MutationObserver;
}

/** The namespace of `CtaBrowser`'s statics. */
export namespace CtaBrowser {
  /** How a browser is constructed. */
  export interface IOptions extends Omit<FileBrowser.IOptions, 'restore'> {
    /** The model. */
    model: CtaModel;
    /** The sources there are. */
    sources: SourcesModel;
  }
}
