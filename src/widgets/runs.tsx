/** The runs of services, and what each has said. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { asServerError } from '../request';
import type { IOffer } from '../services';
import type { IRun } from '../wire';

/** What is shown, and whom to ask. */
export interface IRunsProps {
  offers: IOffer[];
  first: IOffer;
  list(service: IOffer): Promise<IRun[]>;
  log(service: IOffer, run: IRun): Promise<string>;
  trans: TranslationBundle;
}

/**
 * The runs of one service at a time; a run's log comes when it is unfolded.
 *
 * #### Notes
 * Nothing is asked again by itself: *Refresh* is the user's.
 */
export function Runs(props: IRunsProps): JSX.Element {
  const { offers, first, list, log, trans } = props;
  const [service, setService] = React.useState(first);
  const [round, setRound] = React.useState(0);
  const { value: runs, problem } = useAnswer(
    () => list(service),
    [service, round]
  );
  return (
    <div className="ctadata-Runs">
      <div className="ctadata-Runs-head">
        <select
          className="jp-mod-styled"
          aria-label={trans.__('Service')}
          value={offers.indexOf(service)}
          onChange={event =>
            setService(offers[Number(event.currentTarget.value)])
          }
        >
          {offers.map(({ name, source }, at) => (
            <option key={at} value={at}>{`${name} (${source.title})`}</option>
          ))}
        </select>
        <button
          className="jp-mod-styled jp-mod-reject"
          onClick={() => setRound(round + 1)}
        >
          {trans.__('Refresh')}
        </button>
      </div>
      {problem ? (
        <p role="alert">{problem}</p>
      ) : !runs ? (
        <p>{trans.__('Asking…')}</p>
      ) : !runs.length ? (
        <p>{trans.__('Nothing has run yet.')}</p>
      ) : (
        runs.map(run => (
          <OneRun
            key={`${service.name}/${run.id}/${round}`}
            run={run}
            log={() => log(service, run)}
            trans={trans}
          />
        ))
      )}
    </div>
  );
}

function OneRun(props: {
  run: IRun;
  log(): Promise<string>;
  trans: TranslationBundle;
}): JSX.Element {
  const { run, log, trans } = props;
  const [isOpen, setOpen] = React.useState(false);
  const { value, problem } = useAnswer(
    async () => (isOpen ? log() : null),
    [isOpen]
  );
  const when = run.created ? new Date(run.created * 1000) : null;
  return (
    <details onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="ctadata-Runs-state">{run.state}</span>
        {run.id}
        <span className="ctadata-Runs-when">{when?.toLocaleString()}</span>
      </summary>
      {problem ? (
        <p role="alert">{problem}</p>
      ) : (
        <pre>{value === '' ? trans.__('It has said nothing.') : value}</pre>
      )}
    </details>
  );
}

/** What a question is answered with; an answer to an older question is passed over. */
function useAnswer<T>(
  ask: () => Promise<T>,
  when: unknown[]
): { value: T | null; problem: string } {
  const nothing = { value: null, problem: '' };
  const [answer, setAnswer] = React.useState<{
    value: T | null;
    problem: string;
  }>(nothing);
  React.useEffect(() => {
    let isCurrent = true;
    setAnswer(nothing);
    ask().then(
      value => isCurrent && setAnswer({ value, problem: '' }),
      reason => {
        const { message, hint } = asServerError(reason);
        return (
          isCurrent && setAnswer({ value: null, problem: `${message} ${hint}` })
        );
      }
    );
    return () => {
      isCurrent = false;
    };
  }, when);
  return answer;
}
