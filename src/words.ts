/** A job in words. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { bytes, duration, secondsLeft, speed } from './format';
import type { Answer, IJob } from './wire';

/** A job's state as users would say it. */
export function stateOf(job: IJob, trans: TranslationBundle): string {
  switch (job.state) {
    case 'waiting':
      return trans.__('waiting');
    case 'planning':
      return trans.__('looking what there is');
    case 'running':
      return runningOf(job, trans);
    case 'paused':
      return trans.__('paused');
    case 'blocked':
      return blockedOf(job, trans);
    case 'done':
      return trans.__('done');
    case 'failed':
      return trans.__('failed');
    case 'cancelled':
      return trans.__('cancelled');
  }
}

function runningOf(job: IJob, trans: TranslationBundle): string {
  switch (job.kind) {
    case 'download':
      return trans.__('downloading');
    case 'upload':
      return trans.__('uploading');
    case 'copy':
      return trans.__('copying');
    case 'move':
      return trans.__('moving');
    case 'delete':
      return trans.__('deleting');
    case 'measure':
      return trans.__('counting');
    case 'stage':
      return trans.__('bringing to disk');
  }
}

function blockedOf(job: IJob, trans: TranslationBundle): string {
  switch (job.reason) {
    case 'question':
      return trans.__('asks you');
    case 'login':
      return job.error?.source
        ? trans.__('waits for a login to %1', job.error.source)
        : trans.__('waits for a login');
    case 'network':
      return trans.__('waits for the storage to answer');
    case 'staging':
      return trans.__('waits for files from tape');
    case 'upload':
      return trans.__('waits for files from your browser');
    default:
      return trans.__('waits');
  }
}

/** How far a job is: files, bytes, speed, time left. */
export function progressOf(job: IJob, trans: TranslationBundle): string {
  const parts: string[] = [];
  if (job.files_total) {
    const done = job.files_done + job.files_skipped;
    parts.push(
      trans._n('%2 of %1 file', '%2 of %1 files', job.files_total, done)
    );
  }
  if (job.bytes_total) {
    parts.push(`${bytes(job.bytes_done)} / ${bytes(job.bytes_total)}`);
  }
  if (job.state === 'running' && job.speed) {
    parts.push(speed(job.speed));
    const left = secondsLeft(job.bytes_done, job.bytes_total, job.speed);
    if (left !== null) {
      parts.push(trans.__('%1 left', duration(left)));
    }
  }
  if (job.files_failed) {
    parts.push(trans._n('%1 failed', '%1 failed', job.files_failed));
  }
  return parts.join(' · ');
}

/** The state of one file, in a word. */
export function itemOf(state: string, trans: TranslationBundle): string {
  switch (state) {
    case 'waiting':
      return trans.__('waiting');
    case 'staging':
      return trans.__('coming');
    case 'copying':
      return trans.__('moving');
    case 'verifying':
      return trans.__('checking');
    case 'done':
      return trans.__('done');
    case 'skipped':
      return trans.__('skipped');
    default:
      return trans.__('failed');
  }
}

/** An answer to a job's question, as a button says it. */
export function answerOf(answer: Answer, trans: TranslationBundle): string {
  switch (answer) {
    case 'skip':
      return trans.__('Skip');
    case 'replace':
      return trans.__('Replace');
    case 'rename':
      return trans.__('Keep both');
    case 'newer':
      return trans.__('Replace older');
  }
}

/** What a job's end is told with. */
export function endOf(job: IJob, trans: TranslationBundle): string {
  const what = job.title || job.kind;
  if (job.state === 'done') {
    return job.files_failed
      ? trans.__('%1: done, but %2 failed', what, String(job.files_failed))
      : trans.__('%1: done', what);
  }
  const why = job.error ? `: ${job.error.message}` : '';
  return job.state === 'cancelled'
    ? trans.__('%1: cancelled', what)
    : trans.__('%1: failed%2', what, why);
}
