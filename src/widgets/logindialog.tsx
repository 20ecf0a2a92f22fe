/** Who is logged in, until when; a login by code, and a field for a token. */

import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { DeviceLogin } from '../device';
import { duration } from '../format';
import { badgeOf } from '../login';
import { asServerError } from '../request';
import type { SourcesModel } from '../sources';
import type { IAttempt, ILogin, ISource } from '../wire';
import { Attempts } from './attempts';
import { Facts } from './details';
import { DeviceView } from './device';

/** What is known of a login, by name. */
export function factsOf(
  login: ILogin,
  now: number,
  trans: TranslationBundle
): [string, string][] {
  const badge = badgeOf(login, now, trans);
  const { until } = login;
  const left = until === null ? 0 : until - now;
  const at = until === null ? '' : new Date(until * 1000).toLocaleString();
  return [
    [
      trans.__('State'),
      login.state === 'ok' ? trans.__('logged in') : badge.text
    ],
    [trans.__('Who'), login.subject ?? ''],
    [
      trans.__('Until'),
      at && left > 0 ? trans.__('%1 (%2 left)', at, duration(left)) : at
    ],
    [trans.__('Allowed'), login.may || login.scopes.join(' ')],
    [trans.__('For'), login.audience.join(', ')],
    [trans.__('Token from'), login.source ?? ''],
    [trans.__('Issuer'), login.issuer ?? ''],
    [trans.__('Login kept'), login.kept ?? '']
  ];
}

/** The dialog's body; its value is the token that was pasted. */
class LoginBody extends ReactWidget implements Dialog.IBodyWidget<string> {
  constructor(
    source: ISource,
    device: DeviceLogin,
    problem: string,
    look: () => Promise<IAttempt[]>,
    trans: TranslationBundle
  ) {
    super();
    this._look = look;
    this._source = source;
    this._device = device;
    this._problem = problem;
    this._trans = trans;
    this.addClass('ctadata-Login');
  }

  getValue(): string {
    return this.node.querySelector('textarea')?.value.trim() ?? '';
  }

  protected render(): JSX.Element {
    const { login } = this._source;
    const device = this._device;
    const trans = this._trans;
    const badge = badgeOf(login, Date.now() / 1000, trans);
    return (
      <>
        <Facts rows={factsOf(login, Date.now() / 1000, trans)} />
        {device.isOffered && (
          <DeviceView
            device={device}
            isIn={badge.tone === 'ok' || badge.tone === 'soon'}
            trans={trans}
          />
        )}
        {login.hint && !device.isOffered && (
          <p className="ctadata-Login-hint">{login.hint}</p>
        )}
        {login.needed && <Attempts look={this._look} trans={trans} />}
        {this._problem && (
          <p className="ctadata-Login-problem" role="alert">
            {this._problem}
          </p>
        )}
        {login.needed && (
          <label className="ctadata-Login-field">
            {device.isOffered
              ? trans.__('Or use a token of yours (paste it here):')
              : trans.__('Use another token (paste it here):')}
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
  private _device: DeviceLogin;
  private _problem: string;
  private _look: () => Promise<IAttempt[]>;
  private _trans: TranslationBundle;
}

/** The dialog; Enter in the field of a password logs in. */
class LoginDialog extends Dialog<string> {
  override handleEvent(event: Event): void {
    const { target } = event;
    const isPassword =
      target instanceof HTMLInputElement && target.type === 'password';
    if (isPassword && event instanceof KeyboardEvent && event.key === 'Enter') {
      event.stopPropagation();
      event.preventDefault();
      this.node.querySelector<HTMLElement>('.ctadata-Device-start')?.click();
    } else {
      super.handleEvent(event);
    }
  }
}

/** The dialogs that are open, by source: however many ask, there is one. */
const open = new Map<string, Promise<boolean>>();

/**
 * Show a source's login, and log in or take a token.
 *
 * #### Notes
 * Resolves with whether the login changed. Asked again after a token that the
 * server does not take.
 */
export function askLogin(
  sources: SourcesModel,
  name: string,
  trans: TranslationBundle
): Promise<boolean> {
  const asked =
    open.get(name) ??
    ask(sources, name, trans).finally(() => open.delete(name));
  open.set(name, asked);
  return asked;
}

async function ask(
  sources: SourcesModel,
  name: string,
  trans: TranslationBundle
): Promise<boolean> {
  await sources.refreshLogin(name).catch(() => undefined);
  const device = new DeviceLogin({ sources, name });
  return converse(sources, name, device, trans).finally(() => device.dispose());
}

/** Ask until an answer could be obeyed, or nothing is wanted any more. */
async function converse(
  sources: SourcesModel,
  name: string,
  device: DeviceLogin,
  trans: TranslationBundle
): Promise<boolean> {
  for (let problem: string | null = ''; problem !== null;) {
    const source = sources.find(name);
    if (!source) {
      return false;
    }
    const look = (): Promise<IAttempt[]> => sources.explainLogin(name);
    const body = new LoginBody(source, device, problem, look, trans);
    const answer = await showLogin(source, device, body, trans);
    if (answer === null) {
      return device.phase === 'done';
    }
    problem = await obey(sources, name, device, answer);
  }
  return true;
}

/** Show the dialog; a token, `false` for a log-out, null for neither. */
async function showLogin(
  source: ISource,
  device: DeviceLogin,
  body: LoginBody,
  trans: TranslationBundle
): Promise<string | false | null> {
  const dialog = new LoginDialog({
    title: trans.__('Login to %1', source.title),
    body,
    buttons: buttonsOf(source, trans),
    focusNodeSelector: device.isOffered
      ? '.ctadata-Agent-field input, .ctadata-Device-start'
      : 'textarea'
  });
  const close = (): void => {
    if (device.phase === 'done') {
      dialog.reject();
    }
  };
  device.changed.connect(close);
  const { button, value } = await dialog.launch();
  device.changed.disconnect(close);
  if (button.actions.includes('forget')) {
    return false;
  }
  return (button.accept && value) || null;
}

/** Do what the dialog was answered; in words if that failed. */
async function obey(
  sources: SourcesModel,
  name: string,
  device: DeviceLogin,
  answer: string | false
): Promise<string | null> {
  try {
    await device.cancel();
    await (answer === false
      ? sources.logout(name)
      : sources.login(name, answer));
    return null;
  } catch (reason) {
    const { message, hint } = asServerError(reason);
    return [message, hint].filter(Boolean).join(' ');
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
    label:
      login.source === 'login'
        ? trans.__('Log out')
        : trans.__('Delete the stored token'),
    accept: false,
    actions: ['forget']
  });
  return [
    ...(['file', 'login'].includes(login.source ?? '') ? [forget] : []),
    Dialog.cancelButton({ label: trans.__('Close') }),
    Dialog.okButton({ label: trans.__('Use this token') })
  ];
}
