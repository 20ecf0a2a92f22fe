/** Uploads from the browser: announced as a job, then sent file by file. */

import type { ServerConnection } from '@jupyterlab/services';

import type { JobsModel } from './jobs';
import { isFinal } from './jobs';
import { manifestOf } from './manifest';
import type { IParcel } from './manifest';
import type { IPlace } from './paths';
import { isAbort, requestAPI, ServerError } from './request';
import type { Conflict, IJob } from './wire';

/** How many files are sent at once. */
const AT_ONCE = 3;

/** How long to wait before a full spool is tried again, in ms. */
const BACK_OFF = [500, 1000, 2000, 4000, 8000];

/**
 * Sends the files that users drop or pick.
 */
export class Uploader {
  /** Construct an uploader that announces its work to *jobs*. */
  constructor(options: Uploader.IOptions) {
    this._jobs = options.jobs;
    this._settings = options.serverSettings;
    this._wait =
      options.wait ?? (ms => new Promise(resolve => setTimeout(resolve, ms)));
    this._jobs.changed.connect(this._stopEnded, this);
    window.addEventListener('beforeunload', event => {
      if (this._sending.size) {
        event.preventDefault();
      }
    });
  }

  /** Whether files are being sent now; a reload would interrupt them. */
  get isBusy(): boolean {
    return this._sending.size > 0;
  }

  /**
   * Announce a parcel and send its files.
   *
   * #### Notes
   * Resolves with the job as soon as it is announced; `sent` tells when the
   * server has all files. A file that cannot be sent cancels nothing else.
   */
  async upload(
    parcel: IParcel,
    to: IPlace,
    conflict: Conflict = 'ask'
  ): Promise<{ job: IJob; sent: Promise<void> }> {
    const job = await this._jobs.start({
      kind: 'upload',
      from: { source: 'browser' },
      manifest: manifestOf(parcel),
      folders: parcel.folders,
      to,
      conflict
    });
    return { job, sent: this._send(job.id, parcel) };
  }

  private async _send(id: string, parcel: IParcel): Promise<void> {
    const abort = new AbortController();
    this._sending.set(id, abort);
    const queue = parcel.files.map(({ file }, n) => ({ n, file }));
    const failures: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        try {
          await this._put(id, next.n, next.file, abort.signal);
        } catch (reason) {
          if (isAbort(reason)) {
            return;
          }
          failures.push(reason);
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    } finally {
      this._sending.delete(id);
    }
    if (failures.length) {
      throw failures[0];
    }
  }

  private async _put(
    id: string,
    n: number,
    file: File,
    signal: AbortSignal
  ): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await requestAPI(`jobs/${id}/items/${n}`, this._settings, {
          method: 'PUT',
          headers: { 'Content-Type': 'application/octet-stream' },
          body: file,
          signal
        });
        return;
      } catch (reason) {
        if (isReceived(reason)) {
          return;
        }
        if (signal.aborted || !mayRepeat(reason, attempt)) {
          throw reason;
        }
        await this._wait(BACK_OFF[Math.min(attempt, BACK_OFF.length - 1)]);
      }
    }
  }

  /** A job that ended, or was forgotten, wants no more files. */
  private _stopEnded(): void {
    for (const [id, abort] of this._sending) {
      const job = this._jobs.find(id);
      if (!job || isFinal(job.state)) {
        abort.abort();
      }
    }
  }

  private _jobs: JobsModel;
  private _settings: ServerConnection.ISettings;
  private _wait: (ms: number) => Promise<void>;
  private _sending = new Map<string, AbortController>();
}

/** The namespace of `Uploader`'s statics. */
export namespace Uploader {
  /** How an uploader is constructed. */
  export interface IOptions {
    /** Where uploads are announced. */
    jobs: JobsModel;
    /** Where the Jupyter server is. */
    serverSettings: ServerConnection.ISettings;
    /** Waits that many ms; for tests. */
    wait?: (ms: number) => Promise<void>;
  }
}

/** Whether the refusal says that the server has this file already. */
function isReceived(reason: unknown): boolean {
  return reason instanceof ServerError && reason.name === 'AlreadyExists';
}

/** A full spool is waited for without end, a lost connection five times. */
function mayRepeat(reason: unknown, attempt: number): boolean {
  if (!(reason instanceof ServerError)) {
    return false;
  }
  return (
    reason.status === 507 ||
    (reason.name === 'Unreachable' && attempt < BACK_OFF.length)
  );
}
