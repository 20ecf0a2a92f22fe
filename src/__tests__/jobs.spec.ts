import type { Event } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { JobsModel, loginOf } from '../jobs';
import type { EventStream } from '../sources';
import { JOB_EVENT } from '../wire';
import type { IJob, IJobEvent, ISource } from '../wire';
import told from '../../tests/fixtures/wire/event-job.json';
import forgotten from '../../tests/fixtures/wire/event-job-forgotten.json';
import list from '../../tests/fixtures/wire/jobs.json';
import known from '../../tests/fixtures/wire/sources.json';
import { serve, settle } from './server';
import type { IAnswer, IAsked } from './server';

const JOBS = list as unknown as IJob[];
const RUNNING = JOBS.find(job => job.state === 'running') as IJob;
const ASKING = JOBS.find(job => job.state === 'blocked') as IJob;
const EVENT = told as IJobEvent;

describe('loginOf', () => {
  const [source] = known as unknown as ISource[];
  const login = { ...source.login, needed: true, state: 'ok' as const };
  const from = { ...source, name: 'from', login };
  const to = {
    ...from,
    name: 'to',
    login: { ...login, state: 'missing' as const }
  };
  const waits: IJob = {
    ...RUNNING,
    state: 'blocked',
    reason: 'login',
    from: { source: 'from' },
    to: { source: 'to', path: '/' },
    error: null
  };

  it('should be what the server says', () => {
    const error = { error: 'NotLoggedIn', message: 'no', source: 'door' };
    expect(loginOf({ ...waits, error } as IJob, [from, to])).toBe('door');
  });

  it('should be the end that nobody is logged in to, else one that has a login', () => {
    expect(loginOf(waits, [from, to])).toBe('to');
    expect(loginOf(waits, [from])).toBe('from');
    expect(
      loginOf(waits, [{ ...from, login: { ...login, needed: false } }])
    ).toBeNull();
  });
});

describe('JobsModel', () => {
  let jobs: JobsModel;
  let asked: IAsked[];
  let stream: Signal<Event.IManager, Event.Emission>;
  let onServer: IJob[];

  beforeEach(() => {
    onServer = JOBS.map(job => ({ ...job }));
    const answer = ({ path, method }: IAsked): IAnswer => {
      const id = path.split('/')[2];
      if (method === 'DELETE') {
        return { status: 204 };
      }
      if (method === 'POST') {
        return { status: 201, json: { ...RUNNING, id: 'new', seq: 0 } };
      }
      const one = onServer.find(job => job.id === id);
      return { json: id ? one : onServer };
    };
    const server = serve(answer);
    asked = server.asked;
    stream = new Signal({} as Event.IManager);
    jobs = new JobsModel({
      serverSettings: server.settings,
      stream: stream as unknown as EventStream
    });
  });

  afterEach(() => jobs.dispose());

  const emit = (event: Partial<IJobEvent>): void =>
    stream.emit({ schema_id: JOB_EVENT, ...EVENT, ...event });

  const now = (): IJob => jobs.find(RUNNING.id) as IJob;

  describe('#load()', () => {
    it("should keep the server's order and leave out measurements", async () => {
      onServer.push({ ...RUNNING, id: 'm', kind: 'measure' });
      await jobs.load();
      expect(jobs.list.map(job => job.id)).toEqual(JOBS.map(job => job.id));
    });

    it('should ask once more, not more often, for calls meanwhile', async () => {
      await Promise.all([jobs.load(), jobs.load(), jobs.load()]);
      await settle(10);
      expect(asked).toHaveLength(2);
    });

    it('should not go back behind an event', async () => {
      await jobs.load();
      jobs.apply({ ...EVENT, seq: RUNNING.seq + 1, files_done: 400 });
      await jobs.load();
      expect(now().files_done).toBe(400);
    });
  });

  describe('events', () => {
    beforeEach(() => jobs.load());

    it('should update the job at once and keep the rest of it', () => {
      emit({ seq: RUNNING.seq + 1, files_done: 130, bytes_done: 800 });
      expect(now()).toMatchObject({
        files_done: 130,
        bytes_done: 800,
        from: RUNNING.from,
        files_skipped: RUNNING.files_skipped
      });
      expect(asked).toHaveLength(1);
    });

    it('should ignore an event that comes late', () => {
      emit({ seq: RUNNING.seq + 1, files_done: 130 });
      emit({ seq: RUNNING.seq, files_done: 7 });
      expect(now().files_done).toBe(130);
    });

    it('should read the list again after a gap', async () => {
      onServer[onServer.length - 1] = {
        ...RUNNING,
        seq: RUNNING.seq + 5,
        files_done: 300
      };
      emit({ seq: RUNNING.seq + 5, files_done: 300 });
      await settle(10);
      expect(asked).toHaveLength(2);
      expect(now().files_done).toBe(300);
    });

    it('should read the list for a job never seen', async () => {
      emit({ job_id: 'unknown' });
      await settle(10);
      expect(asked).toHaveLength(2);
    });

    it('should not care about other events', () => {
      stream.emit({ schema_id: 'https://elsewhere', seq: 99 });
      expect(now()).toEqual(RUNNING);
    });

    it('should forget what the server forgot', () => {
      const id = forgotten.job_id;
      expect(jobs.find(id)).toBeDefined();
      jobs.apply(forgotten as IJobEvent);
      expect(jobs.find(id)).toBeUndefined();
    });

    it('should tell the end once, with the note that the list has', async () => {
      const ended: IJob[] = [];
      jobs.ended.connect((_, job) => ended.push(job));
      const done: IJob = {
        ...RUNNING,
        seq: RUNNING.seq + 1,
        state: 'done',
        files_done: 500,
        note: 'adler32 checked'
      };
      onServer[onServer.length - 1] = done;
      emit({ seq: RUNNING.seq + 1, state: 'done', files_done: 500 });
      await settle(10);
      await jobs.load();
      expect(ended).toEqual([done]);
      expect(jobs.active.map(job => job.id)).toEqual([ASKING.id]);
    });
  });

  it('should start, answer and forget', async () => {
    await jobs.load();
    const { id, ...rest } = RUNNING;
    await jobs.start({ kind: 'delete', from: rest.from });
    expect(jobs.list[0].id).toBe('new');
    await jobs.act(ASKING.id, 'answer', 'rename');
    expect(asked[asked.length - 1]).toMatchObject({
      method: 'PATCH',
      path: `ctadata-jlab/jobs/${ASKING.id}`,
      body: { action: 'answer', answer: 'rename' }
    });
    await jobs.forgetEnded();
    expect(jobs.list.some(job => job.state === 'failed')).toBe(false);
    expect(jobs.find(id)).toBeDefined();
  });
});
