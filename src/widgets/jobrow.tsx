/** One transfer as a row. */

import type { TranslationBundle } from '@jupyterlab/translation';
import {
  caretDownIcon,
  caretRightIcon,
  caretUpIcon,
  closeIcon,
  redoIcon,
  refreshIcon,
  runIcon,
  stopIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { fraction } from '../format';
import { isFinal, isMoving } from '../jobs';
import { trim, WORKSPACE } from '../paths';
import type { Answer, IJob, IJobItems, JobAction } from '../wire';
import { answerOf, progressOf, stateOf } from '../words';
import { pauseIcon } from '../icons';
import { JobItems } from './jobitems';
import { Sparkline } from './sparkline';

/** What a row shows and whom it tells. */
export interface IJobRowProps {
  job: IJob;
  trans: TranslationBundle;
  /** What users call a source. */
  titleOf(source: string): string;
  onAct(action: JobAction, answer?: Answer): void;
  onForget(): void;
  onDetails(): void;
  /** Logs in to what it waits for; null where it waits for no login. */
  onLogin: (() => void) | null;
  /** Does the same again; null where that is not known. */
  onAgain: (() => void) | null;
  /** Takes it before the one that waits ahead of it; null where none does. */
  onMoveUp: (() => void) | null;
  /** Its last speeds. */
  speeds: readonly number[];
  /** Whether its files are shown. */
  isOpen: boolean;
  onToggle(): void;
  ask(after: number, limit: number): Promise<IJobItems>;
}

/** One transfer: what, how far, and what can be done about it. */
export function JobRow(props: IJobRowProps): JSX.Element {
  const { job, trans, onDetails } = props;
  const state = stateOf(job, trans);
  return (
    <li
      className={`ctadata-Job ctadata-mod-${job.state}`}
      data-job={job.id}
      data-state={job.state}
      aria-label={`${job.title}: ${state}`}
    >
      <div className="ctadata-Job-head">
        <Opener {...props} />
        <button
          className="ctadata-Job-title"
          title={trans.__('%1 — details', job.title)}
          onClick={onDetails}
        >
          {arrowOf(job)} {job.title}
        </button>
        <Actions {...props} />
      </div>
      <Bar {...props} />
      <div className="ctadata-Job-facts">
        <span className="ctadata-Job-state">{state}</span>
        <span>{progressOf(job, trans)}</span>
        {isMoving(job) && <Sparkline speeds={props.speeds} />}
      </div>
      {job.waiting && isBlocked(job) && !props.onLogin && (
        <div className="ctadata-Job-note">{job.waiting}</div>
      )}
      {job.error && (
        // Why one failed is said with its end: an alert would say it once more.
        <div
          className="ctadata-Job-error"
          role={isFinal(job.state) ? undefined : 'alert'}
        >
          <div>{job.error.message}</div>
          {job.error.hint && <div>{job.error.hint}</div>}
        </div>
      )}
      {props.onLogin && (
        <button className="ctadata-answer" onClick={props.onLogin}>
          {trans.__('Log in…')}
        </button>
      )}
      {job.note && <div className="ctadata-Job-note">{job.note}</div>}
      <Question {...props} />
      {props.isOpen && <JobItems job={job} ask={props.ask} trans={trans} />}
    </li>
  );
}

/** Whether a job waits for something that is no question. */
function isBlocked(job: IJob): boolean {
  return job.state === 'blocked' && job.question === null;
}

function Opener(props: IJobRowProps): JSX.Element {
  const { job, trans, isOpen, onToggle } = props;
  const Caret = isOpen ? caretDownIcon : caretRightIcon;
  const label = trans.__('Files of %1', job.title);
  return (
    <button
      className="ctadata-iconButton ctadata-Job-opener"
      title={label}
      aria-label={label}
      aria-expanded={isOpen}
      onClick={onToggle}
    >
      <Caret.react tag="span" width="14px" height="14px" />
    </button>
  );
}

function arrowOf(job: IJob): string {
  switch (job.kind) {
    case 'download':
      return '↓';
    case 'upload':
      return '↑';
    case 'delete':
      return '×';
    case 'stage':
      return '⇡';
    default:
      return '→';
  }
}

function Bar({ job, trans }: IJobRowProps): JSX.Element | null {
  const isOver = isFinal(job.state) && job.state !== 'failed';
  if (isOver || isAsking(job)) {
    return null;
  }
  const percent = Math.round(fraction(job) * 100);
  const isUnknown = job.state === 'planning' || job.state === 'waiting';
  return (
    <div
      className={`ctadata-Bar${isUnknown ? ' ctadata-mod-unknown' : ''}`}
      role="progressbar"
      aria-label={trans.__('Progress of %1', job.title)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={isUnknown ? undefined : percent}
    >
      <div className="ctadata-Bar-done" style={{ width: `${percent}%` }} />
    </div>
  );
}

function Actions(props: IJobRowProps): JSX.Element {
  const { job, trans, onAct, onForget, onAgain, onMoveUp } = props;
  const mayRetry = job.state === 'failed' || job.state === 'cancelled';
  const hasFailures = job.state === 'done' && job.files_failed > 0;
  return (
    <span className="ctadata-Job-actions">
      {isMoving(job) && (
        <Action
          icon={pauseIcon}
          label={trans.__('Pause')}
          onClick={() => onAct('pause')}
        />
      )}
      {(job.state === 'paused' || isStuck(job)) && (
        <Action
          icon={runIcon}
          label={trans.__('Go on')}
          onClick={() => onAct('resume')}
        />
      )}
      {onMoveUp && (
        <Action
          icon={caretUpIcon}
          label={trans.__('Take it earlier')}
          onClick={onMoveUp}
        />
      )}
      {job.state === 'waiting' && (
        <Action
          icon={pauseIcon}
          label={trans.__('Pause')}
          onClick={() => onAct('pause')}
        />
      )}
      {onAgain && !mayRetry && (
        <Action
          icon={redoIcon}
          label={trans.__('Run again')}
          onClick={onAgain}
        />
      )}
      {(mayRetry || hasFailures) && (
        <Action
          icon={refreshIcon}
          label={trans.__('Try again what is missing')}
          onClick={() => onAct('retry')}
        />
      )}
      {isFinal(job.state) ? (
        <Action
          icon={closeIcon}
          label={trans.__('Remove from the list')}
          onClick={onForget}
        />
      ) : (
        <Action
          icon={stopIcon}
          label={trans.__('Cancel')}
          onClick={() => onAct('cancel')}
        />
      )}
    </span>
  );
}

/** Whether a user may know that what a job waits for has come. */
function isStuck(job: IJob): boolean {
  return (
    job.state === 'blocked' &&
    (job.reason === 'login' || job.reason === 'network')
  );
}

function Action(props: {
  icon: LabIcon;
  label: string;
  onClick(): void;
}): JSX.Element {
  return (
    <button
      className="ctadata-iconButton"
      title={props.label}
      aria-label={props.label}
      onClick={props.onClick}
    >
      <props.icon.react tag="span" width="14px" height="14px" />
    </button>
  );
}

/** Whether a job waits for an answer. */
function isAsking(job: IJob): boolean {
  return job.state === 'blocked' && job.question !== null;
}

function Question(props: IJobRowProps): JSX.Element | null {
  const { job, trans, onAct, titleOf } = props;
  const { question, to } = job;
  if (!question || !isAsking(job)) {
    return null;
  }
  const example = question.examples[0] ?? '?';
  const isWorkspace = to?.source === WORKSPACE;
  return (
    <div className="ctadata-Job-question" role="group">
      <div>
        {trans._n(
          'The target exists already in %2: %3',
          '%1 targets exist already in %2, such as %3. For all of them:',
          question.count,
          isWorkspace ? trans.__('the workspace') : titleOf(to?.source ?? ''),
          isWorkspace ? trim(example) : example
        )}
      </div>
      {question.choices.map(choice => (
        <button
          key={choice}
          className="ctadata-answer"
          onClick={() => onAct('answer', choice)}
        >
          {answerOf(choice, trans)}
        </button>
      ))}
    </div>
  );
}
