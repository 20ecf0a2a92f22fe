/** What a search has found so far, above its results. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { CtaModel } from '../model';
import { nameOf } from '../paths';
import type { ISearchState } from '../search';

/** The strip; it is there as long as results are shown. */
export class SearchStrip extends ReactWidget {
  /** Construct it for a model. */
  constructor(model: CtaModel, trans: TranslationBundle) {
    super();
    this._model = model;
    this._trans = trans;
    this.addClass('ctadata-Search');
    this.hide();
    model.searchChanged.connect(() => {
      this.setHidden(!model.search);
      this.update();
    }, this);
  }

  /** Draw. */
  protected render(): JSX.Element | null {
    const state = this._model.search;
    const trans = this._trans;
    if (!state) {
      return null;
    }
    return (
      <>
        <div className="ctadata-Search-words" role="status">
          <span className="ctadata-Search-title">{this._title(state)}</span>
          <span>{this._progress(state)}</span>
          {this._warning(state)}
        </div>
        {state.isRunning && (
          <button
            className="ctadata-link"
            onClick={() => this._model.stopSearch()}
          >
            {trans.__('Stop')}
          </button>
        )}
        <button
          className="ctadata-iconButton"
          title={trans.__('Close: back to the folder')}
          aria-label={trans.__('Close the results')}
          onClick={() => this._model.endSearch()}
        >
          <closeIcon.react tag="span" width="16px" height="16px" />
        </button>
      </>
    );
  }

  private _title(state: ISearchState): string {
    const { path } = state.below;
    return path === '/'
      ? this._trans.__('“%1” everywhere', state.text)
      : this._trans.__('“%1” below %2', state.text, nameOf(path));
  }

  private _progress(state: ISearchState): string {
    const trans = this._trans;
    const { found, searched, isRunning } = state;
    return isRunning
      ? trans.__('%1 found, %2 folders searched…', found, searched)
      : trans.__('%1 found, %2 folders searched', found, searched);
  }

  private _warning(state: ISearchState): JSX.Element | null {
    const trans = this._trans;
    const { refused, examples, isCut, error } = state;
    const words = error
      ? `${error.message} ${error.hint}`
      : refused
        ? trans._n(
            '%1 folder could not be searched.',
            '%1 folders could not be searched.',
            refused
          )
        : isCut
          ? trans.__('There are more: search for less.')
          : '';
    return words ? (
      <span className="ctadata-Search-warning" title={examples.join('\n')}>
        {words}
      </span>
    ) : null;
  }

  private _model: CtaModel;
  private _trans: TranslationBundle;
}
