/** JupyterLab's file browser around our model and listing. */

import type { DirListing } from '@jupyterlab/filebrowser';
import { FileBrowser } from '@jupyterlab/filebrowser';

import type { CtaModel } from '../model';
import type { SourcesModel } from '../sources';
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
    if ('minimumBreadcrumbsLeftItems' in this) {
      this.minimumBreadcrumbsLeftItems = 1;
    }
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

  /** Stop watching. */
  override dispose(): void {
    this._observer.disconnect();
    super.dispose();
  }

  /** The listing that stays quick. */
  protected override createDirListing(
    options: DirListing.IOptions
  ): DirListing {
    return new VirtualDirListing(options);
  }

  /** Call the first crumb what users call the source. */
  private _nameHome(): void {
    const { source } = this.model.place;
    const home = Array.from(
      this.crumbs.node.querySelectorAll<HTMLElement>('.jp-BreadCrumbs-item')
    ).find(crumb => crumb.dataset.path === source || crumb.title === source);
    const title = this._sources.find(source)?.title ?? source;
    if (home && home.textContent !== title) {
      home.textContent = title;
      home.title = title;
      home.classList.add('ctadata-home');
    }
  }

  private _sources: SourcesModel;
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
