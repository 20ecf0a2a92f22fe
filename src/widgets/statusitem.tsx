/** The running transfers in the status bar. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { bytes, speed } from '../format';
import type { JobsModel } from '../jobs';
import { isMoving } from '../jobs';

/** The total of what is moving; nothing while nothing is. */
export class StatusItem extends ReactWidget {
  /** Construct the item. */
  constructor(options: StatusItem.IOptions) {
    super();
    this._options = options;
    this.addClass('ctadata-Status');
    options.jobs.changed.connect(this._onChanged, this);
  }

  /** Whether anything is moving. */
  get isActive(): boolean {
    return this._options.jobs.list.some(isMoving);
  }

  /** Stop listening. */
  override dispose(): void {
    this._options.jobs.changed.disconnect(this._onChanged, this);
    super.dispose();
  }

  /** Draw. */
  protected render(): JSX.Element | null {
    const { jobs, trans, onClick } = this._options;
    const moving = jobs.list.filter(isMoving);
    if (!moving.length) {
      return null;
    }
    const sum = (of: (job: (typeof moving)[0]) => number): number =>
      moving.reduce((total, job) => total + of(job), 0);
    const text = [
      trans._n('%1 transfer', '%1 transfers', moving.length),
      `${bytes(sum(job => job.bytes_done))} / ${bytes(sum(job => job.bytes_total))}`,
      speed(sum(job => job.speed ?? 0))
    ]
      .filter(Boolean)
      .join(' · ');
    return (
      <button
        className="ctadata-Status-button"
        title={trans.__('Show the transfers')}
        onClick={onClick}
      >
        {text}
      </button>
    );
  }

  private _onChanged(): void {
    this.update();
  }

  private _options: StatusItem.IOptions;
}

/** The namespace of `StatusItem`'s statics. */
export namespace StatusItem {
  /** How the item is constructed. */
  export interface IOptions {
    jobs: JobsModel;
    trans: TranslationBundle;
    onClick(): void;
  }
}
