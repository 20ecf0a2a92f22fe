/** The line below the list: how many there are, how many are selected. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { bytes } from '../format';
import type { CtaModel } from '../model';
import type { VirtualDirListing } from './listing';

/** How often the line changes at most, in ms: it is read aloud. */
const RATE = 300;

/** Counts rows and what is selected of them. */
export class Tally extends Widget {
  /** Construct the line. */
  constructor(options: Tally.IOptions) {
    super();
    this._options = options;
    this.addClass('ctadata-Tally');
    this.node.setAttribute('role', 'status');
    const { model, rows } = options;
    model.refreshed.connect(this._later, this);
    model.busyChanged.connect(this._later, this);
    rows.drawn.connect(this._later, this);
  }

  /** Stop. */
  override dispose(): void {
    window.clearTimeout(this._timer);
    super.dispose();
  }

  private _later(): void {
    this._timer ||= window.setTimeout(() => {
      this._timer = 0;
      const text = this._words();
      if (this.node.textContent !== text) {
        this.node.textContent = text;
      }
    }, RATE);
  }

  private _words(): string {
    const { model, rows } = this._options;
    if (!model.place.source) {
      return '';
    }
    return [this._counted(), this._selected(rows.chosen)]
      .filter(Boolean)
      .join(' · ');
  }

  private _counted(): string {
    const { model, trans } = this._options;
    const { total, passing } = model;
    const all = this._number(total);
    if (model.isArriving) {
      return trans.__('%1 so far…', all);
    }
    if (passing !== total) {
      return trans.__('%1 of %2', this._number(passing), all);
    }
    return total ? trans._n('%2 entry', '%2 entries', total, all) : '';
  }

  private _selected(items: readonly { size?: number | null }[]): string {
    const { trans } = this._options;
    if (!items.length) {
      return '';
    }
    if (items !== this._summed) {
      this._summed = items;
      this._size = items.reduce((sum, item) => sum + (item.size ?? 0), 0);
    }
    const size = this._size;
    const count = this._number(items.length);
    return size
      ? trans.__('%1 selected, %2', count, bytes(size))
      : trans.__('%1 selected', count);
  }

  private _number(count: number): string {
    return count.toLocaleString(this._options.language?.replace('_', '-'));
  }

  private _options: Tally.IOptions;
  private _timer = 0;
  private _summed: readonly unknown[] = [];
  private _size = 0;
}

/** The namespace of `Tally`'s statics. */
export namespace Tally {
  /** How the line is constructed. */
  export interface IOptions {
    /** The model that is counted. */
    model: CtaModel;
    /** The list with the selection. */
    rows: VirtualDirListing;
    /** The words. */
    trans: TranslationBundle;
    /** The language of the numbers. */
    language?: string;
  }
}
