/** Who is logged in, until when, and a field for a token. */

import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { badgeOf } from '../login';
import { asServerError } from '../request';
import type { SourcesModel } from '../sources';
import type { ISource } from '../wire';
import { Facts } from './details';

/** The dialog's body; its value is the token that was pasted. */
class LoginBody extends ReactWidget implements Dialog.IBodyWidget<string> {
  constructor(source: ISource, problem: string, trans: TranslationBundle) {
    super();
    this._source = source;
    this._problem = problem;
    this._trans = trans;
    this.addClass('ctadata-Login');
  }

  getValue(): string {
    return this.node.querySelector('textarea')?.value.trim() ?? '';
  }

  protected render(): JSX.Element {
    const { login } = this._source;
    const trans = this._trans;
    const badge = badgeOf(login, Date.now() / 1000, trans);
    const until = login.until
      ? new Date(login.until * 1000).toLocaleString()
      : '';
    const rows: [string, string][] = [
      [trans.__('State'), badge.text],
      [trans.__('Who'), login.subject ?? ''],
      [trans.__('Until'), until],
      [trans.__('Token from'), login.source ?? ''],
      [trans.__('Issuer'), login.issuer ?? '']
    ];
    return (
      <>
        <Facts rows={rows} />
        {login.hint && <p className="ctadata-Login-hint">{login.hint}</p>}
        {this._problem && (
          <p className="ctadata-Login-problem" role="alert">
            {this._problem}
          </p>
        )}
        {login.needed && (
          <label className="ctadata-Login-field">
            {trans.__('Use another token (paste it here):')}
            <textarea
              className="jp-mod-styled"
              rows={3}
              spellCheck={false}
              autoComplete="off"
              aria-label={trans.__('Token')}
            />
          </label>
        )}
      </>
    );
  }

  private _source: ISource;
  private _problem: string;
  private _trans: TranslationBundle;
}

/**
 * Show a source's login, and take a token.
 *
 * #### Notes
 * Resolves with whether the login changed. Asked again after a token that the
 * server does not take.
 */
export async function askLogin(
  sources: SourcesModel,
  name: string,
  trans: TranslationBundle
): Promise<boolean> {
  await sources.refreshLogin(name).catch(() => undefined);
  for (let problem = ''; ;) {
    const source = sources.find(name);
    if (!source) {
      return false;
    }
    const dialog = new Dialog<string>({
      title: trans.__('Login to %1', source.title),
      body: new LoginBody(source, problem, trans),
      buttons: buttonsOf(source, trans),
      focusNodeSelector: 'textarea'
    });
    const { button, value } = await dialog.launch();
    try {
      if (button.actions.includes('forget')) {
        await sources.logout(name);
        return true;
      }
      if (!button.accept || !value) {
        return false;
      }
      await sources.login(name, value);
      return true;
    } catch (reason) {
      const { message, hint } = asServerError(reason);
      problem = [message, hint].filter(Boolean).join(' ');
    }
  }
}

function buttonsOf(
  source: ISource,
  trans: TranslationBundle
): Dialog.IButton[] {
  const { login } = source;
  if (!login.needed) {
    return [Dialog.okButton({ label: trans.__('Close') })];
  }
  const forget = Dialog.warnButton({
    label: trans.__('Delete the stored token'),
    accept: false,
    actions: ['forget']
  });
  return [
    ...(login.source === 'file' ? [forget] : []),
    Dialog.cancelButton({ label: trans.__('Close') }),
    Dialog.okButton({ label: trans.__('Use this token') })
  ];
}
