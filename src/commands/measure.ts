/** How much there is at and below some paths, counted by a job. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { bytes } from '../format';
import { asServerError } from '../request';
import type { IJob } from '../wire';
import type { CommandContext } from './context';

/** Some paths of one source. */
export interface ISelected {
  source: string;
  paths: string[];
}

/** Counts files and bytes by a job of the server's. */
export class Measuring {
  /** Construct a measurement; `amount` begins it. */
  constructor(context: CommandContext, from: ISelected) {
    this._context = context;
    this._from = from;
  }

  /** How many files there are; null while or where nobody knows. */
  get files(): number | null {
    return this._files;
  }

  /** The amount in words, or why it cannot be told. Never rejects. */
  async amount(): Promise<string> {
    const { jobs, trans } = this._context;
    try {
      const begun = await jobs.start({ kind: 'measure', from: this._from });
      this._id = begun.id;
      if (this._isStopped) {
        this.stop(); // nobody waits for it any more
        return '';
      }
      const job = await jobs.finished(begun.id);
      this._isDone = true;
      if (job.state !== 'done') {
        return this._unknown(job);
      }
      this._files = job.files_total;
      return wordsOf(job, trans);
    } catch (reason) {
      return trans.__('Cannot count: %1', asServerError(reason).message);
    }
  }

  /** Forget the measurement; one that is just being asked for is forgotten as soon as it has begun. */
  stop(): void {
    this._isStopped = true;
    const { jobs } = this._context;
    const id = this._id;
    if (!id) {
      return;
    }
    const ended = this._isDone ? Promise.resolve() : jobs.act(id, 'cancel');
    Promise.resolve(ended)
      .then(() => jobs.forget(id))
      .catch(() => undefined);
  }

  private _unknown(job: IJob): string {
    const { trans } = this._context;
    return trans.__('Cannot count: %1', job.error?.message ?? job.state);
  }

  private _context: CommandContext;
  private _from: ISelected;
  private _id = '';
  private _isDone = false;
  private _isStopped = false;
  private _files: number | null = null;
}

function wordsOf(job: IJob, trans: TranslationBundle): string {
  return trans._n(
    'In all %1 file with %2.',
    'In all %1 files with %2.',
    job.files_total,
    bytes(job.bytes_total) || '0 B'
  );
}
