/** The list of transfers at the panel's foot. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { isFinal } from '../jobs';
import type { JobsModel } from '../jobs';
import type { Answer, IJob, JobAction } from '../wire';
import { JobRow } from './jobrow';

/** How many ended jobs are drawn; the rest can be cleared, not seen. */
const MOST = 100;

/** The collapsible list, one row a job. */
export class Transfers extends ReactWidget {
  /** Construct the list. */
  constructor(options: Transfers.IOptions) {
    super();
    this._options = options;
    this.addClass('ctadata-Transfers');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', options.trans.__('Transfers'));
    options.jobs.changed.connect(this._onChanged, this);
  }

  /** Whether the rows are shown. */
  get isOpen(): boolean {
    return this._isOpen;
  }

  set isOpen(value: boolean) {
    this._isOpen = value;
    this.update();
  }

  /** Stop listening. */
  override dispose(): void {
    this._options.jobs.changed.disconnect(this._onChanged, this);
    super.dispose();
  }

  /** Draw. */
  protected render(): JSX.Element {
    const { jobs, trans } = this._options;
    const active = jobs.active.length;
    const ended = jobs.list.length - active;
    const Caret = this._isOpen ? caretDownIcon : caretRightIcon;
    return (
      <>
        <div className="ctadata-Transfers-head">
          <button
            className="ctadata-Transfers-toggle"
            aria-expanded={this._isOpen}
            onClick={() => (this.isOpen = !this.isOpen)}
          >
            <Caret.react tag="span" width="16px" height="16px" />
            {active
              ? trans.__('Transfers (%1)', String(active))
              : trans.__('Transfers')}
          </button>
          {ended > 0 && this._isOpen && (
            <button
              className="ctadata-link"
              onClick={() => this._run(jobs.forgetEnded())}
            >
              {trans.__('Clear')}
            </button>
          )}
        </div>
        {this._isOpen && this._rows()}
      </>
    );
  }

  private _rows(): JSX.Element {
    const { jobs, trans } = this._options;
    if (!jobs.list.length) {
      return (
        <div className="ctadata-Transfers-empty">
          {trans.__('Drop files on the list above, or download some.')}
        </div>
      );
    }
    return (
      <ul className="ctadata-Transfers-list">
        {jobs.list.slice(0, MOST).map(job => this._row(job))}
      </ul>
    );
  }

  private _row(job: IJob): JSX.Element {
    const { jobs, trans, titleOf, onDetails } = this._options;
    return (
      <JobRow
        key={job.id}
        job={job}
        trans={trans}
        titleOf={titleOf}
        onAct={(action: JobAction, answer?: Answer) =>
          this._run(jobs.act(job.id, action, answer))
        }
        onForget={() => this._run(jobs.forget(job.id))}
        onDetails={() => onDetails(job)}
      />
    );
  }

  private _run(action: Promise<unknown>): void {
    action.catch(this._options.onError);
  }

  private _onChanged(): void {
    const { active } = this._options.jobs;
    if (active.length > this._active) {
      this._isOpen = true;
    }
    this._active = active.filter(job => !isFinal(job.state)).length;
    this.update();
  }

  private _options: Transfers.IOptions;
  private _isOpen = false;
  private _active = 0;
}

/** The namespace of `Transfers`' statics. */
export namespace Transfers {
  /** How the list is constructed. */
  export interface IOptions {
    jobs: JobsModel;
    trans: TranslationBundle;
    /** What users call a source. */
    titleOf(source: string): string;
    onDetails(job: IJob): void;
    onError(reason: unknown): void;
  }
}
