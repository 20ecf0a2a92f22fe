/** Where tokens were looked for, and what each place had to offer. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { asServerError } from '../request';
import type { IAttempt } from '../wire';

/** What is shown, and whom to ask. */
export interface IAttemptsProps {
  trans: TranslationBundle;
  /** Look in every place anew; may take as long as the slowest of them. */
  look(): Promise<IAttempt[]>;
}

/**
 * A list that folds away.
 *
 * #### Notes
 * Nothing is asked before it is unfolded: looking may start programs.
 */
export function Attempts(props: IAttemptsProps): JSX.Element {
  const { look, trans } = props;
  const [found, setFound] = React.useState<IAttempt[] | null>(null);
  const [problem, setProblem] = React.useState('');
  const onToggle = (event: React.SyntheticEvent<HTMLDetailsElement>): void => {
    if (event.currentTarget.open && !found) {
      look().then(setFound, reason =>
        setProblem(asServerError(reason).message)
      );
    }
  };
  return (
    <details className="ctadata-Attempts" onToggle={onToggle}>
      <summary>{trans.__('Where tokens were looked for')}</summary>
      {problem ? (
        <p role="alert">{problem}</p>
      ) : found ? (
        <ul>
          {found.map(({ ok, place, outcome }) => (
            <li key={place} className={ok ? 'ctadata-mod-ok' : ''}>
              <span className="ctadata-Attempts-place">{place}</span>
              {`: ${outcome}`}
            </li>
          ))}
        </ul>
      ) : (
        <p>{trans.__('Looking…')}</p>
      )}
    </details>
  );
}
