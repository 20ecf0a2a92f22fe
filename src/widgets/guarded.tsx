/** A dialog whose button works only when its content is known and what is asked for has been typed. */

import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { isTyped } from '../guard';

/** The class of the field in which the word is typed. */
const FIELD = 'ctadata-Guard-field';

/** The dialog's buttons. */
const CANCEL = 0;
const ACCEPT = 1;

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
    this._word = value;
    this._changed();
  }

  /** Whether everything is known that the user has to know. */
  set isReady(value: boolean) {
    this._isReady = value;
    this._changed();
  }

  /** Whether the dialog may be accepted. */
  get isArmed(): boolean {
    const { _isReady, _word, _typed } = this;
    return _isReady && (_word === null || isTyped(_typed, _word));
  }

  /** Have the buttons of a dialog follow. */
  guard(dialog: Dialog<unknown>): void {
    const { node } = dialog;
    this._accept = node.querySelector('button.jp-mod-accept');
    this._reject = node.querySelector('button.jp-mod-reject');
    this._changed();
  }

  /** Have the button show whether the dialog may be accepted. */
  arm(): void {
    if (this._accept) {
      this._accept.disabled = !this.isArmed;
    }
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
              ref={this._takeField}
              className={`${FIELD} jp-mod-styled`}
              type="text"
              autoComplete="off"
              spellCheck={false}
              onInput={event => {
                this._typed = event.currentTarget.value;
                this.arm();
              }}
            />
          </label>
        )}
      </>
    );
  }

  /** The field comes, or goes: then the focus does not get lost with it. */
  private _takeField = (field: HTMLInputElement | null): void => {
    if (!field && this._field === document.activeElement) {
      this._reject?.focus();
    }
    this._field = field;
  };

  private _changed(): void {
    this.arm();
    this.update();
  }

  private _field: HTMLInputElement | null = null;
  private _accept: HTMLButtonElement | null = null;
  private _reject: HTMLButtonElement | null = null;
  private _isReady = false;
  private _word: string | null = null;
  private _typed = '';
}

/** The dialog about such a body: by whatever way it is accepted, the body has to allow it. */
class GuardedDialog extends Dialog<unknown> {
  /** Construct the dialog. */
  constructor(
    private _guarded: GuardedBody,
    options: Partial<Dialog.IOptions<unknown>>
  ) {
    super({ ...options, body: _guarded, defaultButton: CANCEL });
    _guarded.guard(this);
  }

  /** Press a button: the one that accepts does nothing before its time. */
  override resolve(index = CANCEL): void {
    if (index === CANCEL || this._guarded.isArmed) {
      super.resolve(index);
    }
  }

  override handleEvent(event: Event): void {
    const isEnter =
      event.type === 'keydown' && (event as KeyboardEvent).key === 'Enter';
    if (isEnter && (event.target as Element).classList.contains(FIELD)) {
      this._entered(event as KeyboardEvent);
      return;
    }
    super.handleEvent(event);
    if (event.type === 'input') {
      this._guarded.arm(); // the dialog has enabled its buttons, wherever the input was
    }
  }

  /** Enter in the field: it accepts, where a dialog would take its default button, Cancel; in a composition it ends that. */
  private _entered(event: KeyboardEvent): void {
    event.stopPropagation();
    if (!event.isComposing) {
      event.preventDefault();
      this.resolve(ACCEPT);
    }
  }
}

/** Ask with that body; true if the user has confirmed. */
export async function askGuarded(
  body: GuardedBody,
  title: string,
  accept: string
): Promise<boolean> {
  const dialog = new GuardedDialog(body, {
    title,
    focusNodeSelector: `.${FIELD}`,
    buttons: [
      Dialog.cancelButton({ label: body.trans.__('Cancel') }),
      Dialog.warnButton({ label: accept })
    ]
  });
  const { button } = await dialog.launch();
  return button.accept;
}
