/** A dialog whose button works only when its content is known and what is asked for has been typed. */

import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { isTyped } from '../guard';

/** The class of the field in which the word is typed. */
const FIELD = 'ctadata-Guard-field';

/** The dialog's body: what will be done, and the field for the word if one is asked for. */
export abstract class GuardedBody extends ReactWidget {
  /** Construct the body. */
  constructor(readonly trans: TranslationBundle) {
    super();
    this.addClass('ctadata-Guard');
  }

  /** What has to be typed; null: nothing. */
  get word(): string | null {
    return this._word;
  }
  set word(value: string | null) {
    const hadFocus = document.activeElement?.classList.contains(FIELD);
    this._word = value;
    this._changed();
    if (hadFocus && value === null) {
      this._reject?.focus(); // the field goes
    }
  }

  /** Whether everything is known that the user has to know. */
  set isReady(value: boolean) {
    this._isReady = value;
    this._changed();
  }

  /** Have the dialog's buttons and keys work so. */
  guard(dialog: Dialog<unknown>): void {
    const { node } = dialog;
    this._accept = node.querySelector('button.jp-mod-accept');
    this._reject = node.querySelector('button.jp-mod-reject');
    // Before the dialog's own: Enter in a field is its default button, which is Cancel.
    node.addEventListener(
      'keydown',
      event => {
        const isMine = (event.target as Element).classList.contains(FIELD);
        if (isMine && event.key === 'Enter') {
          event.preventDefault();
          event.stopImmediatePropagation();
          if (this._isArmed) {
            dialog.resolve(1);
          }
        }
      },
      true
    );
    this._changed();
  }

  /** What will be done, in words. */
  protected abstract words(): JSX.Element;

  protected render(): JSX.Element {
    const { trans, _word: word } = this;
    return (
      <>
        {this.words()}
        {word !== null && (
          <label className="ctadata-Guard-label">
            {trans.__('To confirm, type “%1”:', word)}
            <input
              className={`${FIELD} jp-mod-styled`}
              type="text"
              autoComplete="off"
              spellCheck={false}
              onChange={event => {
                this._typed = event.target.value;
                this._arm(); // the dialog enables its button at each input
              }}
            />
          </label>
        )}
      </>
    );
  }

  private get _isArmed(): boolean {
    const { _isReady, _word, _typed } = this;
    return _isReady && (_word === null || isTyped(_typed, _word));
  }

  private _changed(): void {
    this._arm();
    this.update();
  }

  private _arm(): void {
    if (this._accept) {
      this._accept.disabled = !this._isArmed;
    }
  }

  private _accept: HTMLButtonElement | null = null;
  private _reject: HTMLButtonElement | null = null;
  private _isReady = false;
  private _word: string | null = null;
  private _typed = '';
}

/** Ask with that body; true if the user has confirmed. */
export async function askGuarded(
  body: GuardedBody,
  title: string,
  accept: string
): Promise<boolean> {
  const dialog = new Dialog({
    ...{ title, body, defaultButton: 0 },
    focusNodeSelector: `.${FIELD}`,
    buttons: [
      Dialog.cancelButton({ label: body.trans.__('Cancel') }),
      Dialog.warnButton({ label: accept })
    ]
  });
  body.guard(dialog);
  const { button } = await dialog.launch();
  return button.accept;
}
