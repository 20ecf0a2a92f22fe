/** The dialog that adds or changes a storage, and tries it. */

import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { asServerError } from '../request';
import type { ServerError } from '../request';
import type { IKind, ISourceSettings, SourcesModel } from '../sources';

/** What a new storage begins with. */
const NEW: ISourceSettings = {
  ...{ name: '', title: '', kind: 'dcache', url: '', root: '/', home: '/' },
  ...{ ca: '', read_only: false, production: false },
  ...{ account: '', region: 'us-east-1' },
  login: { kind: 'auto', issuer: '', client_id: '', file: '', user: '' }
};

/** The ways to log in, as the configuration calls them. */
const LOGINS = ['auto', 'environment', 'file', 'oidc-agent', 'basic', 'none'];

/** Have the user add a storage, or change the one of that name; resolves to its name if it was saved. */
export async function editSource(
  sources: SourcesModel,
  trans: TranslationBundle,
  name = ''
): Promise<string | null> {
  const kinds = await sources.kinds();
  let settings = name ? await sources.settings(name) : NEW;
  let error: ServerError | null = null;
  for (;;) {
    const form: SourceForm = new SourceForm({
      ...{ settings, kinds, isNew: !name, error, sources, trans }
    });
    const { button } = await new Dialog({
      title: name ? trans.__('Edit “%1”', name) : trans.__('Add a Storage'),
      body: form,
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.okButton({ label: trans.__('Save') })
      ]
    }).launch();
    settings = form.settings;
    if (!button.accept) {
      return null;
    }
    try {
      await sources.configure(settings);
      return settings.name;
    } catch (reason) {
      error = asServerError(reason);
    }
  }
}

interface IFormOptions {
  settings: ISourceSettings;
  kinds: IKind[];
  isNew: boolean;
  error: ServerError | null;
  sources: SourcesModel;
  trans: TranslationBundle;
}

/** The form in the dialog. */
class SourceForm extends ReactWidget {
  constructor(options: IFormOptions) {
    super();
    this._options = options;
    this._settings = options.settings;
    this._error = options.error;
    this.addClass('ctadata-SourceForm');
  }

  /** What was typed. */
  get settings(): ISourceSettings {
    return this._settings;
  }

  protected render(): JSX.Element {
    const { trans, isNew, kinds } = this._options;
    const { login, kind } = this._settings;
    const known = kinds.find(({ name }) => name === kind);
    const isByKeys = known?.login === 'keys';
    return (
      <>
        {isNew && this._text('name', trans.__('Name (letters, digits, -)'))}
        {this._text('title', trans.__('Title'))}
        {this._choice(
          trans.__('Kind'),
          kind,
          kinds.map(one => [one.name, one.title]),
          chosen => this._change({ kind: chosen })
        )}
        {this._text('url', trans.__('Address (URL)'), known?.address)}
        {known?.settings.includes('account') &&
          this._text('account', trans.__('Account (empty: the default)'))}
        {known?.settings.includes('region') &&
          this._text('region', trans.__('Region'))}
        {this._text('root', trans.__('Folder that is shown'))}
        {this._text('home', trans.__('My folder'))}
        {this._choice(
          trans.__('Login'),
          login.kind,
          LOGINS.map(one => [one, one]),
          chosen => this._log({ kind: chosen })
        )}
        {!isByKeys && this._login('issuer', trans.__('Issuer of tokens (URL)'))}
        {!isByKeys &&
          this._login('client_id', trans.__('Client for the login by code'))}
        {this._login(
          'file',
          isByKeys
            ? trans.__('File with the keys')
            : trans.__('File with the token or password')
        )}
        {isByKeys
          ? this._login('user', trans.__('Section of that file'))
          : login.kind === 'basic' && this._login('user', trans.__('User'))}
        {this._text('ca', trans.__('Certificates (file or folder)'))}
        {this._box('read_only', trans.__('Read only'))}
        {this._box('production', trans.__('Production: shown in red'))}
        <button
          className="jp-mod-styled jp-mod-reject"
          disabled={this._isTrying}
          onClick={() => void this._try()}
        >
          {trans.__('Test')}
        </button>
        <span role="status" className="ctadata-SourceForm-said">
          {this._isTrying
            ? trans.__('Asking…')
            : this._error
              ? `${this._error.message} ${this._error.hint}`
              : this._said}
        </span>
      </>
    );
  }

  private _text(
    key:
      'name' | 'title' | 'url' | 'root' | 'home' | 'ca' | 'account' | 'region',
    label: string,
    example = ''
  ): JSX.Element {
    return this._field(
      label,
      this._settings[key],
      value => this._change({ [key]: value }),
      example
    );
  }

  private _login(
    key: 'issuer' | 'client_id' | 'file' | 'user',
    label: string
  ): JSX.Element {
    return this._field(label, this._settings.login[key], value =>
      this._log({ [key]: value })
    );
  }

  private _field(
    label: string,
    value: string,
    onChange: (value: string) => void,
    example = ''
  ): JSX.Element {
    return (
      <label className="ctadata-SourceForm-field" key={label}>
        <span className="ctadata-SourceForm-label">{label}</span>
        <input
          className="jp-mod-styled"
          aria-label={label}
          value={value}
          placeholder={example}
          spellCheck={false}
          onChange={event => onChange(event.currentTarget.value)}
        />
      </label>
    );
  }

  private _choice(
    label: string,
    value: string,
    choices: [value: string, title: string][],
    onChange: (value: string) => void
  ): JSX.Element {
    const isKnown = choices.some(([one]) => one === value);
    const all = isKnown ? choices : [[value, value], ...choices];
    return (
      <label className="ctadata-SourceForm-field">
        <span className="ctadata-SourceForm-label">{label}</span>
        <select
          className="jp-mod-styled"
          aria-label={label}
          value={value}
          onChange={event => onChange(event.currentTarget.value)}
        >
          {all.map(([one, title]) => (
            <option key={one} value={one}>
              {title}
            </option>
          ))}
        </select>
      </label>
    );
  }

  private _box(key: 'read_only' | 'production', label: string): JSX.Element {
    return (
      <label className="ctadata-SourceForm-box">
        <input
          type="checkbox"
          checked={this._settings[key]}
          onChange={event =>
            this._change({ [key]: event.currentTarget.checked })
          }
        />
        {label}
      </label>
    );
  }

  private _change(change: Partial<ISourceSettings>): void {
    this._settings = { ...this._settings, ...change };
    this.update();
  }

  private _log(change: Partial<ISourceSettings['login']>): void {
    this._change({ login: { ...this._settings.login, ...change } });
  }

  private async _try(): Promise<void> {
    const { sources, trans } = this._options;
    this._isTrying = true;
    this._error = null;
    this.update();
    try {
      const { folder } = await sources.tryOut(this._settings);
      this._said = trans.__('It answers, and %1 can be listed.', folder);
    } catch (reason) {
      this._error = asServerError(reason);
    }
    this._isTrying = false;
    this.update();
  }

  private _options: IFormOptions;
  private _settings: ISourceSettings;
  private _isTrying = false;
  private _said = '';
  private _error: ServerError | null;
}
