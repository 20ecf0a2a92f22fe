import { again, aheadOf, inTurn, Speeds } from '../again';
import { ItemsModel, PAGE } from '../items';
import { JobsModel } from '../jobs';
import type { IJob, IJobItem } from '../wire';
import list from '../../tests/fixtures/wire/jobs.json';
import { serve, settle } from './server';

const first = list[0] as unknown as IJob;

const job = (id: string, facts: Partial<IJob> = {}): IJob => ({
  ...first,
  id,
  kind: 'download',
  state: 'waiting',
  from: { source: 'dcache', paths: ['/a'], count: 1, base: null },
  to: { source: 'local', path: '/' },
  error: null,
  ...facts
});

describe('again', () => {
  const done = job('1', { state: 'done', conflict: 'skip' });

  it('should ask for the same once more', () => {
    expect(again(done)).toEqual({
      kind: 'download',
      from: { source: 'dcache', paths: ['/a'] },
      to: { source: 'local', path: '/' },
      conflict: 'skip'
    });
    const synced = { ...done, sync: true, include: ['*.h5'], limit: 20_000 };
    expect(again(synced)).toMatchObject({
      sync: true,
      include: ['*.h5'],
      limit: 20_000
    });
  });

  it.each(['replace', 'newer'] as const)(
    'should ask about what is there now, though %p was answered for what was there then',
    conflict => {
      expect(again({ ...done, conflict })?.conflict).toBe('ask');
      const synced = { ...done, conflict, sync: true };
      expect(again(synced)?.conflict).toBe(conflict); // the sync's own rule
    }
  );

  it('should not offer what cannot be done again', () => {
    const many = { source: 'dcache', paths: ['/a'], count: 5, base: null };
    expect(again({ ...done, state: 'running' })).toBeNull();
    expect(again({ ...done, from: many })).toBeNull();
    expect(
      again({ ...done, from: { source: 'browser', paths: [] } })
    ).toBeNull();
    expect(again({ ...done, kind: 'delete', to: null })).toBeNull();
    expect(again({ ...done, kind: 'move' })).toBeNull();
  });
});

describe('the order of transfers', () => {
  const jobs = [
    job('late', { order: 9 }),
    job('asks', { state: 'blocked', order: 1 }),
    job('soon', { order: 2 }),
    job('runs', { state: 'running', order: 5 }),
    job('over', { state: 'done', order: 0 })
  ];

  it('should show what moves, then what needs somebody, then what waits', () => {
    const ids = inTurn(jobs).map(({ id }) => id);
    expect(ids).toEqual(['runs', 'asks', 'soon', 'late']);
  });

  it('should let a waiting one go before the one ahead of it', () => {
    expect(aheadOf(jobs[0], jobs)?.id).toBe('soon');
    expect(aheadOf(jobs[2], jobs)).toBeNull();
    expect(aheadOf(jobs[3], jobs)).toBeNull();
  });

  it('should tell the server, and read what moved', async () => {
    const { settings, asked } = serve(({ method }) =>
      method === 'PATCH' ? { json: jobs[0] } : { json: jobs }
    );
    const model = new JobsModel({ serverSettings: settings });
    await model.reorder('late', 'soon');
    expect(asked.map(({ method, body }) => [method, body])).toEqual([
      ['PATCH', { action: 'reorder', before: 'soon' }],
      ['GET', null]
    ]);
    model.dispose();
  });
});

describe('Speeds', () => {
  it('should keep the last minute of what moves, each report once', () => {
    const speeds = new Speeds();
    for (let seq = 0; seq < 100; seq += 1) {
      const now = job('a', { state: 'running', seq, speed: seq });
      speeds.note([now]);
      speeds.note([now]);
    }
    expect(speeds.of('a')).toHaveLength(60);
    expect(speeds.of('a')[59]).toBe(99);
    speeds.note([job('a', { state: 'done' })]);
    expect(speeds.of('a')).toEqual([]);
  });
});

describe('ItemsModel', () => {
  function model(total: number) {
    const asked: number[] = [];
    const items = new ItemsModel(async after => {
      asked.push(after + 1);
      const left = Math.max(0, Math.min(PAGE, total - after - 1));
      const page = Array.from(
        { length: left },
        (_, k) => ({ n: after + 1 + k }) as IJobItem
      );
      return { items: page, next: left === PAGE ? after + PAGE : null };
    });
    return { items, asked };
  }

  it('should ask for the pages that are looked at, and for no other', async () => {
    const { items, asked } = model(100_000);
    items.want(50_000, 50_010);
    items.want(50_000, 50_010);
    await settle();
    expect(asked).toEqual([50_000]);
    expect(items.at(50_007)?.n).toBe(50_007);
    expect(items.at(0)).toBeUndefined();
  });

  it('should keep only the last few pages', async () => {
    const { items } = model(100_000);
    for (let page = 0; page < 20; page += 1) {
      items.want(page * PAGE, page * PAGE + 1);
      await settle();
    }
    expect(items.at(0)).toBeUndefined();
    expect(items.at(19 * PAGE)).toBeDefined();
  });

  it('should find the end, and read again what is looked at', async () => {
    const { items, asked } = model(PAGE + 7);
    items.want(0, 1);
    await settle();
    expect(items.count).toBe(PAGE + 1);
    items.want(PAGE, PAGE + 1);
    await settle();
    expect(items.count).toBe(PAGE + 7);
    items.refresh(PAGE, PAGE + 3);
    await settle();
    expect(asked).toEqual([0, PAGE, PAGE]);
    expect(items.at(0)).toBeUndefined();
  });
});
