/** The list of transfers at the panel's foot. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { again, aheadOf, inTurn, Speeds } from '../again';
import { isFinal, isWaitingForLogin } from '../jobs';
import type { JobsModel } from '../jobs';
import type { QueueModel } from '../queue';
import type { Answer, IJob, JobAction } from '../wire';
import { endOf, stateOf } from '../words';
import { JobRow } from './jobrow';
import { SpeedLimit } from './speedlimit';

/** How many ended jobs are drawn at once. */
const MOST = 30;

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
    options.jobs.ended.connect(this._onEnded, this);
    options.queue.changed.connect(this.update, this);
  }

  /** Whether the rows are shown. */
  get isOpen(): boolean {
    return this._isOpen;
  }

  set isOpen(value: boolean) {
    this._isOpen = value;
    this._askQueue();
    this.update();
  }

  /** Stop listening. */
  override dispose(): void {
    this._options.jobs.changed.disconnect(this._onChanged, this);
    this._options.jobs.ended.disconnect(this._onEnded, this);
    this._options.queue.changed.disconnect(this.update, this);
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
          {this._isOpen && this._limit()}
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
        <div className="ctadata-heard" role="status">
          {this._heard()}
        </div>
      </>
    );
  }

  /** What there is to say since it was drawn last; the key makes the same words heard twice. */
  private _heard(): JSX.Element {
    this._isDrawn = true;
    return (
      <div key={this._turn}>
        {this._said.map((text, n) => (
          <div key={n}>{text}</div>
        ))}
      </div>
    );
  }

  private _say(text: string): void {
    if (this._isDrawn) {
      this._isDrawn = false;
      this._said = [];
      this._turn += 1;
    }
    this._said.push(text);
  }

  /** How fast all of them may be, once the server has said how fast they are allowed to be. */
  private _limit(): JSX.Element | null {
    const { queue, trans } = this._options;
    return (
      queue.value && (
        <SpeedLimit
          limit={queue.value.limit}
          label={trans.__('How fast all transfers together may be')}
          trans={trans}
          onChoose={limit => this._run(queue.limit(limit))}
        />
      )
    );
  }

  /** Ask for the queue when the transfers are first seen; not while the panel is hidden. */
  private _askQueue(): void {
    const { queue } = this._options;
    if (this._isOpen && this.isVisible && !queue.value && !this._isAsked) {
      this._isAsked = true;
      queue.load().catch(() => (this._isAsked = false));
    }
  }

  /** See what the queue is allowed. */
  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._askQueue();
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
    const ended = jobs.list.filter(job => isFinal(job.state));
    const hidden = ended.length - this._most;
    return (
      <div className="ctadata-Transfers-list">
        <ul aria-label={trans.__('Under way')}>
          {inTurn(jobs.list).map(job => this._row(job))}
        </ul>
        {ended.length > 0 && (
          <>
            <h4>{trans.__('History')}</h4>
            <ul aria-label={trans.__('History')}>
              {ended.slice(0, this._most).map(job => this._row(job))}
            </ul>
          </>
        )}
        {hidden > 0 && (
          <button className="ctadata-link" onClick={() => this._showMore()}>
            {trans._n('Show %1 more', 'Show %1 more', hidden)}
          </button>
        )}
      </div>
    );
  }

  private _showMore(): void {
    this._most += 10 * MOST;
    this.update();
  }

  private _row(job: IJob): JSX.Element {
    const { jobs, trans, titleOf, onDetails, onLogin } = this._options;
    const request = again(job);
    const ahead = aheadOf(job, jobs.list);
    return (
      <JobRow
        key={job.id}
        job={job}
        trans={trans}
        titleOf={titleOf}
        onAct={(action: JobAction, answer?: Answer) =>
          this._run(this._act(job, action, answer))
        }
        onForget={() => this._run(jobs.forget(job.id))}
        onDetails={() => onDetails(job)}
        onLogin={isWaitingForLogin(job) ? () => onLogin(job) : null}
        onAgain={request && (() => this._run(jobs.start(request)))}
        onMoveUp={ahead && (() => this._run(jobs.reorder(job.id, ahead.id)))}
        speeds={this._speeds.of(job.id)}
        isOpen={this._open.has(job.id)}
        onToggle={() => this._toggle(job.id)}
        ask={(after, limit) => jobs.items(job.id, after, limit)}
      />
    );
  }

  private _toggle(id: string): void {
    if (!this._open.delete(id)) {
      this._open.add(id);
    }
    this.update();
  }

  private async _act(
    job: IJob,
    action: JobAction,
    answer?: Answer
  ): Promise<void> {
    const { jobs, mayAnswer } = this._options;
    if (answer === undefined || (await mayAnswer(job, answer))) {
      await jobs.act(job.id, action, answer);
    }
  }

  private _run(action: Promise<unknown>): void {
    action.catch(this._options.onError);
  }

  /** Have it said that a transfer ended: what it does meanwhile would be too much to hear. */
  private _onEnded(_: JobsModel, job: IJob): void {
    this._say(endOf(job, this._options.trans));
    this.update();
  }

  /** Have it said, once, that a transfer asks. */
  private _hearQuestions(active: readonly IJob[]): void {
    const asking = active.filter(job => job.question !== null);
    const news = asking.filter(job => !this._asking.has(job.id));
    this._asking = new Set(asking.map(job => job.id));
    for (const job of news) {
      this._say(`${job.title}: ${stateOf(job, this._options.trans)}`);
    }
  }

  private _onChanged(): void {
    const { active } = this._options.jobs;
    this._speeds.note(active);
    this._hearQuestions(active);
    if (active.length > this._active) {
      this._isOpen = true;
      this._askQueue();
    }
    this._active = active.filter(job => !isFinal(job.state)).length;
    this.update();
  }

  private _options: Transfers.IOptions;
  private _isOpen = false;
  private _isAsked = false;
  private _active = 0;
  private _most = MOST;
  private _said: string[] = [];
  private _turn = 0;
  private _isDrawn = true;
  private _asking = new Set<string>();
  private _open = new Set<string>();
  private _speeds = new Speeds();
}

/** The namespace of `Transfers`' statics. */
export namespace Transfers {
  /** How the list is constructed. */
  export interface IOptions {
    jobs: JobsModel;
    queue: QueueModel;
    trans: TranslationBundle;
    /** What users call a source. */
    titleOf(source: string): string;
    /** Whether the user is sure of an answer to a job's question. */
    mayAnswer(job: IJob, answer: Answer): Promise<boolean>;
    onDetails(job: IJob): void;
    onLogin(job: IJob): void;
    onError(reason: unknown): void;
  }
}
