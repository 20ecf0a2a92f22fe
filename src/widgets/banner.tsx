/** What went wrong, in the panel and not in the user's way. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ServerError } from '../request';

/** How many characters of a hint are shown at once. */
const LONG = 200;

/** Shows one failure with its hint and what can be done. */
export class Banner extends ReactWidget {
  /** Construct the banner; it is hidden while there is no failure. */
  constructor(options: Banner.IOptions) {
    super();
    this._options = options;
    this.addClass('ctadata-Banner');
    this.node.setAttribute('role', 'alert');
    this.hide();
  }

  /** The failure that is shown. */
  get error(): ServerError | null {
    return this._error;
  }

  set error(value: ServerError | null) {
    this._error = value;
    this.setHidden(value === null);
    this.update();
  }

  /** Draw. */
  protected render(): JSX.Element | null {
    const error = this._error;
    const { trans, onRetry, onLogin } = this._options;
    if (!error) {
      return null;
    }
    return (
      <>
        <div className="ctadata-Banner-text">
          <div className="ctadata-Banner-message">{error.message}</div>
          {error.hint && <Hint text={error.hint} trans={trans} />}
          <div className="ctadata-Banner-actions">
            {error.name === 'NotLoggedIn' && (
              <button
                className="ctadata-link"
                onClick={() => onLogin(error.source)}
              >
                {trans.__('Log in…')}
              </button>
            )}
            <button className="ctadata-link" onClick={onRetry}>
              {trans.__('Try again')}
            </button>
          </div>
        </div>
        <button
          className="ctadata-iconButton"
          aria-label={trans.__('Close the message')}
          onClick={() => (this.error = null)}
        >
          <closeIcon.react tag="span" width="16px" height="16px" />
        </button>
      </>
    );
  }

  private _options: Banner.IOptions;
  private _error: ServerError | null = null;
}

/** What to do; a long one is folded, so that the buttons stay in sight. */
function Hint(props: { text: string; trans: TranslationBundle }): JSX.Element {
  const { text, trans } = props;
  if (text.length <= LONG) {
    return <div>{text}</div>;
  }
  return (
    <details key={text}>
      <summary>{trans.__('What to do')}</summary>
      {text}
    </details>
  );
}

/** The namespace of `Banner`'s statics. */
export namespace Banner {
  /** How a banner is constructed. */
  export interface IOptions {
    trans: TranslationBundle;
    onRetry(): void;
    /** Log in to a source; null: the one that is shown. */
    onLogin(source: string | null): void;
  }
}
