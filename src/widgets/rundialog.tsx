/** The dialog that runs a service on a file. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IOffer } from '../services';

/** How a file comes to a service: waited for, or laid into its input folder. */
export type How = 'now' | 'input';

/** What the user chose. */
export interface IChoice {
  service: IOffer;
  how: How;
}

/** Have the user choose a service for a file, that of *near* first; null if none is wanted. */
export async function askService(
  file: string,
  offers: IOffer[],
  near: IOffer | undefined,
  trans: TranslationBundle
): Promise<IChoice | null> {
  const form = new RunForm(offers, near ?? offers[0], trans);
  const { button } = await showDialog({
    title: trans.__('Run a Service on “%1”', file),
    body: form,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Run') })
    ]
  });
  return button.accept ? form.choice : null;
}

class RunForm extends ReactWidget {
  constructor(
    private _offers: IOffer[],
    first: IOffer,
    private _trans: TranslationBundle
  ) {
    super();
    this._choice = { service: first, how: first.input ? 'input' : 'now' };
    this.addClass('ctadata-RunForm');
  }

  /** What is chosen. */
  get choice(): IChoice {
    return this._choice;
  }

  protected render(): JSX.Element {
    const { _trans: trans, _offers: offers } = this;
    const { service } = this._choice;
    return (
      <>
        <label className="ctadata-SourceForm-field">
          <span className="ctadata-SourceForm-label">
            {trans.__('Service')}
          </span>
          <select
            className="jp-mod-styled"
            aria-label={trans.__('Service')}
            value={offers.indexOf(service)}
            onChange={event =>
              this._pick(offers[Number(event.currentTarget.value)])
            }
          >
            {offers.map(({ name, source }, at) => (
              <option key={at} value={at}>
                {`${name} (${source.title})`}
              </option>
            ))}
          </select>
        </label>
        {this._way(
          'input',
          trans.__('Copy it into the service’s input folder'),
          service.input === null
            ? trans.__('This service has no input folder that is known here.')
            : service.output
              ? trans.__(
                  'As a transfer to %1; what comes of it appears in %2.',
                  service.input,
                  service.output
                )
              : trans.__('As a transfer to %1.', service.input),
          service.input === null
        )}
        {this._way(
          'now',
          trans.__('Run now and open the answer'),
          trans.__(
            'For small files. The answer is kept in the folder that the file browser shows.'
          )
        )}
      </>
    );
  }

  private _way(
    how: How,
    label: string,
    hint: string,
    isDisabled = false
  ): JSX.Element {
    return (
      <label className="ctadata-RunForm-way">
        <input
          type="radio"
          name="ctadata-run"
          checked={this._choice.how === how}
          disabled={isDisabled}
          onChange={() => this._set({ ...this._choice, how })}
        />
        <span>
          {label}
          <span className="ctadata-RunForm-hint">{hint}</span>
        </span>
      </label>
    );
  }

  private _pick(service: IOffer): void {
    const how = service.input === null ? 'now' : this._choice.how;
    this._set({ service, how });
  }

  private _set(choice: IChoice): void {
    this._choice = choice;
    this.update();
  }

  private _choice: IChoice;
}
