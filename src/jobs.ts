/** The server's queue of transfers, kept up to date by its events. */

import type { Event, ServerConnection } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { requestAPI, requestRaw } from './request';
import type { EventStream } from './sources';
import { JOB_EVENT } from './wire';
import type {
  Answer,
  IJob,
  IJobEvent,
  IJobItems,
  IJobRequest,
  ISource,
  JobAction,
  JobState
} from './wire';

/** Whether a job in that state has ended. */
export function isFinal(state: JobState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

/** Whether a job goes on when the user logs in. */
export function isWaitingForLogin(job: IJob): boolean {
  return job.state === 'blocked' && job.reason === 'login';
}

/** The source that a job waits to be logged in to; null if that is not known. */
export function loginOf(job: IJob, sources: readonly ISource[]): string | null {
  if (job.error?.source) {
    return job.error.source;
  }
  const ends = [job.from.source, job.to?.source];
  const asked = sources.filter(
    ({ name, login }) => ends.includes(name) && login.needed
  );
  return (
    (asked.find(({ login }) => login.state !== 'ok') ?? asked[0])?.name ?? null
  );
}

/** Whether bytes of a job may be moving now. */
export function isMoving(job: IJob): boolean {
  return job.state === 'running' || job.state === 'planning';
}

/**
 * All jobs as one immutable list, newest first.
 *
 * #### Notes
 * Events update a job at once. A gap in their numbers, an unknown job, and the
 * end of a job make the model read the server's list again; so does a poll
 * while jobs are active, should events get lost.
 */
export class JobsModel implements IDisposable {
  /** Construct the model; nothing is asked before `load`. */
  constructor(options: JobsModel.IOptions) {
    this._settings = options.serverSettings;
    this._stream = options.stream ?? null;
    this._stream?.connect(this._onEvent, this);
    this._poll = new Poll({
      auto: false,
      name: 'ctadata_jlab:jobs',
      factory: () => this.load(),
      frequency: { interval: options.interval ?? 5000, backoff: true },
      standby: () => (this.active.length ? 'when-hidden' : true),
      linger: 0 // it would ask once more in a page that is hidden
    });
    const { interval } = this._poll.frequency;
    void this._poll.schedule({ phase: 'resolved', interval });
  }

  /** All jobs, newest first; measurements are not shown. */
  get list(): readonly IJob[] {
    return this._list;
  }

  /** The jobs that have not ended. */
  get active(): IJob[] {
    return this._list.filter(job => !isFinal(job.state));
  }

  /** A signal emitted when any job changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A signal emitted when a job ended that was seen active. */
  get ended(): ISignal<this, IJob> {
    return this._ended;
  }

  /** Whether the model is disposed. */
  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Stop listening and asking. */
  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._stream?.disconnect(this._onEvent, this);
      this._poll.dispose();
      Signal.clearData(this);
    }
  }

  /** The job of that id. */
  find(id: string): IJob | undefined {
    return this._list.find(job => job.id === id);
  }

  /** Read the list from the server; calls while one is under way are answered by one more read. */
  load(): Promise<void> {
    if (this._reading) {
      this._again = true;
      return this._reading;
    }
    this._reading = this._read().finally(() => {
      this._reading = null;
      if (this._again && !this._isDisposed) {
        this._again = false;
        this.load().catch(() => undefined);
      }
    });
    return this._reading;
  }

  /** Start a job. */
  async start(request: IJobRequest): Promise<IJob> {
    const job = await requestAPI<IJob>('jobs', this._settings, {
      method: 'POST',
      body: JSON.stringify(request)
    });
    this._put(job);
    return job;
  }

  /** Read one job from the server. */
  async read(id: string): Promise<IJob> {
    const job = await requestAPI<IJob>(`jobs/${id}`, this._settings);
    this._put(job);
    return job;
  }

  /** Pause, resume, cancel, retry or answer a job. */
  async act(id: string, action: JobAction, answer?: Answer): Promise<IJob> {
    const job = await requestAPI<IJob>(`jobs/${id}`, this._settings, {
      method: 'PATCH',
      body: JSON.stringify(answer ? { action, answer } : { action })
    });
    this._put(job);
    return job;
  }

  /** Limit how fast a job may be, in bytes a second; null: as fast as it goes. */
  async limit(id: string, limit: number | null): Promise<void> {
    const job = await requestAPI<IJob>(`jobs/${id}`, this._settings, {
      method: 'PATCH',
      body: JSON.stringify({ action: 'limit', limit })
    });
    this._put(job);
  }

  /** Forget a job that has ended. */
  async forget(id: string): Promise<void> {
    const init = { method: 'DELETE' };
    await requestAPI<void>(`jobs/${id}`, this._settings, init);
    this._remove(id);
  }

  /** Forget all jobs that have ended. */
  async forgetEnded(): Promise<void> {
    const ended = this._list.filter(job => isFinal(job.state));
    await Promise.all(ended.map(job => this.forget(job.id)));
  }

  /** Take a waiting job before another one; without one, after all others. */
  async reorder(id: string, before: string | null): Promise<void> {
    const job = await requestAPI<IJob>(`jobs/${id}`, this._settings, {
      method: 'PATCH',
      body: JSON.stringify({ action: 'reorder', ...(before ? { before } : {}) })
    });
    this._put(job);
    await this.load(); // others may have moved as well
  }

  /** A page of a job's files, those after a number. */
  items(id: string, after: number, limit: number): Promise<IJobItems> {
    return requestAPI<IJobItems>(
      `jobs/${id}/items`,
      this._settings,
      {},
      { after: String(after), limit: String(limit) }
    );
  }

  /** What happened to a job, as text. */
  async log(id: string): Promise<string> {
    return (await requestRaw(`jobs/${id}/log`, this._settings)).text();
  }

  /** The files of a job that failed, the first few hundred. */
  failures(id: string): Promise<IJobItems> {
    return requestAPI<IJobItems>(
      `jobs/${id}/items`,
      this._settings,
      {},
      { state: 'failed', after: '-1', limit: '200' }
    );
  }

  /** Wait until a job has ended, and return it. */
  async finished(id: string, interval = 400): Promise<IJob> {
    for (;;) {
      const job = await this.read(id);
      if (isFinal(job.state)) {
        return job;
      }
      await new Promise(resolve => setTimeout(resolve, interval));
    }
  }

  /** Take one event; exposed for those who have events from elsewhere. */
  apply(event: IJobEvent): void {
    const job = this.find(event.job_id);
    if (event.state === 'forgotten') {
      this._remove(event.job_id);
      return;
    }
    if (!job) {
      if (event.kind !== 'measure') {
        this._reread();
      }
      return;
    }
    if (event.seq <= job.seq) {
      return;
    }
    const { job_id: _, error, state, ...facts } = event;
    const gap = event.seq > job.seq + 1;
    const turned = state !== job.state || event.reason !== job.reason;
    if (gap || (turned && (isFinal(state) || state === 'blocked'))) {
      this._reread();
    }
    if (turned && isFinal(state)) {
      // The whole truth (its error, its note) comes with the list.
      this._put({ ...job, ...facts, seq: job.seq, speed: null });
      return;
    }
    this._put({ ...job, ...facts, state });
  }

  private _onEvent(_: Event.IManager, emission: Event.Emission): void {
    if (emission.schema_id === JOB_EVENT) {
      this.apply(emission as unknown as IJobEvent);
    }
  }

  private _reread(): void {
    this.load().catch(() => undefined);
  }

  private async _read(): Promise<void> {
    const list = await requestAPI<IJob[]>('jobs', this._settings);
    if (this._isDisposed) {
      return;
    }
    const old = new Map(this._list.map(job => [job.id, job]));
    this._list = list
      .filter(job => job.kind !== 'measure')
      .map(job => newer(old.get(job.id), job));
    this._changed.emit();
    this._list.forEach(job => this._tellEnd(old.get(job.id), job));
  }

  private _put(job: IJob): void {
    if (job.kind === 'measure') {
      return;
    }
    const old = this.find(job.id);
    const next = newer(old, job);
    this._list = old
      ? this._list.map(other => (other.id === job.id ? next : other))
      : [next, ...this._list];
    this._changed.emit();
    this._tellEnd(old, next);
  }

  private _remove(id: string): void {
    this._list = this._list.filter(job => job.id !== id);
    this._changed.emit();
  }

  private _tellEnd(old: IJob | undefined, job: IJob): void {
    if (old && !isFinal(old.state) && isFinal(job.state)) {
      this._ended.emit(job);
    }
  }

  private _settings: ServerConnection.ISettings;
  private _stream: EventStream | null;
  private _poll: Poll;
  private _list: readonly IJob[] = [];
  private _reading: Promise<void> | null = null;
  private _again = false;
  private _changed = new Signal<this, void>(this);
  private _ended = new Signal<this, IJob>(this);
  private _isDisposed = false;
}

/** The namespace of `JobsModel`'s statics. */
export namespace JobsModel {
  /** How the model is constructed. */
  export interface IOptions {
    /** Where the Jupyter server is. */
    serverSettings: ServerConnection.ISettings;
    /** Where progress is told. */
    stream?: EventStream;
    /** How often active jobs are asked for should events get lost, in ms. */
    interval?: number;
  }
}

/** Of two states of a job the later one. */
function newer(old: IJob | undefined, job: IJob): IJob {
  return old && old.seq > job.seq ? old : job;
}
