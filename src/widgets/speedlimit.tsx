/** How fast transfers may be, as a choice. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import { speed } from '../format';

const MB = 1024 * 1024;

/** The limits that can be chosen, in bytes a second. */
const CHOICES = [1, 5, 20, 100].map(count => count * MB);

/** What the choice shows, and whom it tells. */
export interface ISpeedLimitProps {
  /** Bytes a second; null: as fast as it goes. */
  limit: number | null;
  label: string;
  trans: TranslationBundle;
  onChoose(limit: number | null): void;
}

/** A choice of limits; one that was set elsewhere is among them. */
export function SpeedLimit(props: ISpeedLimitProps): JSX.Element {
  const { limit, label, trans, onChoose } = props;
  const choices = new Set(limit ? [...CHOICES, limit] : CHOICES);
  return (
    <HTMLSelect
      className="ctadata-SpeedLimit"
      value={String(limit ?? '')}
      aria-label={label}
      title={label}
      onChange={event => onChoose(Number(event.currentTarget.value) || null)}
    >
      <option value="">{trans.__('No speed limit')}</option>
      {[...choices]
        .sort((a, b) => a - b)
        .map(choice => (
          <option key={choice} value={choice}>
            {trans.__('At most %1', speed(choice))}
          </option>
        ))}
    </HTMLSelect>
  );
}
