/** The field that filters names as one types. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { regexIcon, searchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { filterOf } from '../filter';
import type { CtaModel } from '../model';

/** A field for a part of a name, a glob, or a regular expression. */
export class FilterBox extends ReactWidget {
  /** Construct the field for a model. */
  constructor(options: FilterBox.IOptions) {
    super();
    this._options = options;
    this.addClass('ctadata-Filter');
    options.model.refreshed.connect(this._follow, this);
    options.model.pathChanged.connect(this._clear, this);
  }

  /** Whether another folder is shown without the filter. */
  isClearedOnNavigation = true;

  /** Let the user type. */
  focus(): void {
    const input = this.node.querySelector('input');
    input?.focus();
    input?.select();
  }

  /** Draw. */
  protected render(): JSX.Element {
    const { trans, model } = this._options;
    const { problem } = model.filter;
    const words = trans.__('Filter: name, *.h5 or (.*) expression');
    return (
      <>
        <input
          type="search"
          role="searchbox"
          className="jp-mod-styled"
          value={this._text}
          placeholder={trans.__('Filter names')}
          title={problem ?? words}
          aria-label={words}
          aria-invalid={problem !== null}
          onChange={event => this._take(event.currentTarget.value)}
          onKeyDown={event => this._onKey(event)}
        />
        <button
          className="ctadata-iconButton"
          title={trans.__('Search below this folder (Enter)')}
          aria-label={trans.__('Search below this folder')}
          disabled={!this._text.trim() || this._isExpression}
          onClick={() => this._search()}
        >
          <searchIcon.react tag="span" width="16px" height="16px" />
        </button>
        <button
          className="ctadata-iconButton"
          aria-pressed={this._isExpression}
          title={trans.__('Regular expression')}
          aria-label={trans.__('Regular expression')}
          onClick={() => {
            this._isExpression = !this._isExpression;
            this._take(this._text);
          }}
        >
          <regexIcon.react tag="span" width="16px" height="16px" />
        </button>
        {problem !== null && (
          <span className="ctadata-Filter-problem" role="alert">
            {trans.__('No regular expression: %1', problem)}
          </span>
        )}
      </>
    );
  }

  private _take(text: string): void {
    this._text = text;
    void this._options.model.filterBy(filterOf(text, this._isExpression));
    this.update();
  }

  private _onKey(event: React.KeyboardEvent): void {
    if (event.key === 'Enter') {
      this._search();
    }
    if (event.key === 'Escape' || event.key === 'ArrowDown') {
      event.preventDefault();
      if (event.key === 'Escape') {
        this._take('');
      }
      this._options.onLeave();
    }
  }

  /** Look for it in all folders below, where a regular expression is not known. */
  private _search(): void {
    const text = this._text.trim();
    if (text && !this._isExpression) {
      this._take('');
      void this._options.model.searchFor(text);
    }
  }

  /** Somebody else may have filtered. */
  private _follow(): void {
    const { text } = this._options.model.filter;
    if (text !== this._text.trim()) {
      this._text = text;
      this.update();
    }
  }

  private _clear(): void {
    if (this.isClearedOnNavigation && this._text) {
      this._take('');
    }
  }

  private _options: FilterBox.IOptions;
  private _text = '';
  private _isExpression = false;
}

/** The namespace of `FilterBox`'s statics. */
export namespace FilterBox {
  /** How the field is constructed. */
  export interface IOptions {
    /** The model that is filtered. */
    model: CtaModel;
    /** The words. */
    trans: TranslationBundle;
    /** Puts the keyboard's focus into the list. */
    onLeave(): void;
  }
}
