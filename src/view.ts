/** How the user wants to see the rows: in which order, and which of them. */

import { NO_FILTER } from './filter';
import type { IFilter } from './filter';
import type { IView } from './rows';
import { BY_NAME, compareBy } from './sort';
import type { Compare, IOrder } from './sort';
import type { Tree } from './tree';
import type { IRow } from './wire';

/** What JupyterLab's model knows of it. */
export interface ISettings {
  /** Whether names with a leading dot are shown. */
  readonly includeHiddenFiles: boolean;
  /** Whether the filter holds for folders, too. */
  readonly filterDirectories: boolean;
}

/** The order and the filter; a change of either makes another `now`. */
export class View {
  /** Construct it for a language; a folder is shown as long as something below it is. */
  constructor(settings: ISettings, tree: Tree, language?: string) {
    this._settings = settings;
    this._tree = tree;
    this._language = language;
    this._compare = compareBy(BY_NAME, language);
    this._now = this.renew();
  }

  /** The view that was made last. */
  get now(): IView {
    return this._now;
  }

  /** How the rows are ordered. */
  get order(): IOrder {
    return this._order;
  }

  /** Which names are shown. */
  get filter(): IFilter {
    return this._filter;
  }

  /** Make a view of what is wanted by now. */
  renew(): IView {
    this._now = {
      compare: this._compare,
      isShown: row => this.isVisible(row) && this._passes(row)
    };
    return this._now;
  }

  /** Order the rows otherwise; false if they are ordered so. */
  orderBy(change: Partial<IOrder>): boolean {
    const order = { ...this._order, ...change };
    if (JSON.stringify(order) === JSON.stringify(this._order)) {
      return false;
    }
    this._order = order;
    this._compare = compareBy(order, this._language);
    return true;
  }

  /** Show other names. */
  filterBy(filter: IFilter): void {
    this._filter = filter;
    this._test = row => filter.test(row.name);
  }

  /** Show the rows that pass a test of JupyterLab's. */
  filterWith(test: (row: IRow) => boolean): void {
    this._filter = NO_FILTER;
    this._test = test;
  }

  /** Whether a row is shown as long as the filter does not hide it. */
  isVisible(row: IRow): boolean {
    return this._settings.includeHiddenFiles || !row.name.startsWith('.');
  }

  private _passes(row: IRow): boolean {
    const isSpared =
      row.type === 'directory' && !this._settings.filterDirectories;
    return isSpared || this._test(row) || this._tree.showsBelow(row.path);
  }

  private _settings: ISettings;
  private _tree: Tree;
  private _language?: string;
  private _order = BY_NAME;
  private _compare: Compare;
  private _filter = NO_FILTER;
  private _test: (row: IRow) => boolean = () => true;
  private _now: IView;
}
