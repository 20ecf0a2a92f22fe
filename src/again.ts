/** What the list of transfers knows beyond the server's words: how fast each was, in which turn, how to run it again. */

import { isFinal, isMoving } from './jobs';
import type { Conflict, IJob, IJobRequest } from './wire';

/** How many speeds are kept of a job. */
const SAMPLES = 60;

/**
 * The request that does the same again; null where the server no longer knows all of it.
 *
 * #### Notes
 * That targets may be replaced was said of those that were there then: what
 * stands there now is asked about. A sync has its own rule for each of them.
 */
export function again(job: IJob): IJobRequest | null {
  const { from, to, kind, conflict } = job;
  const paths = from.paths ?? [];
  const isWhole =
    paths.length > 0 && paths.length === (from.count ?? paths.length);
  if (!isFinal(job.state) || from.source === 'browser' || !isWhole) {
    return null;
  }
  if (kind === 'move' || kind === 'delete') {
    return null; // what it took is no longer there
  }
  const { include, exclude, sync, limit } = job;
  return {
    kind,
    from: {
      source: from.source,
      paths,
      ...(from.base ? { base: from.base } : {})
    },
    ...(to ? { to } : {}),
    conflict: sync ? conflict : askedAgain(conflict),
    ...(include.length ? { include } : {}),
    ...(exclude.length ? { exclude } : {}),
    ...(sync ? { sync } : {}),
    ...(limit ? { limit } : {})
  };
}

function askedAgain(conflict: Conflict): Conflict {
  return conflict === 'replace' || conflict === 'newer' ? 'ask' : conflict;
}

/** The jobs that have not ended: what moves, then what needs somebody, then what waits, by its turn. */
export function inTurn(jobs: readonly IJob[]): IJob[] {
  const rank = (job: IJob): number =>
    isMoving(job) ? 0 : job.state === 'waiting' ? 2 : 1;
  return jobs
    .filter(job => !isFinal(job.state))
    .sort((a, b) => rank(a) - rank(b) || a.order - b.order);
}

/** The job that a waiting one goes before when it moves up; null if it is the first. */
export function aheadOf(job: IJob, jobs: readonly IJob[]): IJob | null {
  const waiting = inTurn(jobs).filter(one => one.state === 'waiting');
  const at = waiting.findIndex(one => one.id === job.id);
  return at > 0 ? waiting[at - 1] : null;
}

/** The last speeds of the jobs that move, for a curve. */
export class Speeds {
  /** The speeds of a job in bytes a second, the oldest first. */
  of(id: string): readonly number[] {
    return this._samples.get(id)?.speeds ?? [];
  }

  /** Note how fast jobs are now; a job that says nothing new is left as it is. */
  note(jobs: readonly IJob[]): void {
    const moving = jobs.filter(isMoving);
    const ids = new Set(moving.map(job => job.id));
    for (const id of this._samples.keys()) {
      if (!ids.has(id)) {
        this._samples.delete(id);
      }
    }
    for (const { id, seq, speed } of moving) {
      const known = this._samples.get(id) ?? { seq: -1, speeds: [] };
      if (seq !== known.seq) {
        const speeds = [...known.speeds, speed ?? 0].slice(-SAMPLES);
        this._samples.set(id, { seq, speeds });
      }
    }
  }

  private _samples = new Map<string, { seq: number; speeds: number[] }>();
}
