import { nullTranslator } from '@jupyterlab/translation';

import type { CommandContext } from '../commands/context';
import { Measuring } from '../commands/measure';
import { JobsModel } from '../jobs';
import type { IJob } from '../wire';
import list from '../../tests/fixtures/wire/jobs.json';
import error from '../../tests/fixtures/wire/error.json';
import { serve, settle } from './server';

const FROM = { source: 'dcache', paths: ['/lst/DL1'] };

describe('Measuring', () => {
  /** A measurement whose job goes through these states, one each time it is asked for. */
  function measuring(states: Partial<IJob>[], isRefused = false) {
    const job = { ...list[2], id: 'm', kind: 'measure' };
    const server = serve(({ method }) => {
      if (isRefused) {
        return { status: 403, json: error };
      }
      const next = method === 'GET' ? states.shift() : {};
      return { status: 200, json: { ...job, ...next } };
    });
    const jobs = new JobsModel({ serverSettings: server.settings });
    const trans = nullTranslator.load('ctadata_jlab');
    const context = { jobs, trans } as CommandContext;
    const told = () =>
      server.asked.map(({ method, path, body }) =>
        [method, path.slice('ctadata-jlab/'.length), JSON.stringify(body)].join(
          ' '
        )
      );
    return { one: new Measuring(context, FROM), told, jobs };
  }

  const done = (files: number, size: number): Partial<IJob> => ({
    ...{ state: 'done', files_total: files, bytes_total: size }
  });

  it('should count by a job, which is not seen among the transfers', async () => {
    const { one, told, jobs } = measuring([{}, done(3, 2048)]);
    expect(await one.amount()).toBe('In all 3 files with 2 KB.');
    expect(jobs.list).toEqual([]);
    const [begun] = told();
    const body = JSON.stringify({ kind: 'measure', from: FROM });
    expect(begun).toBe(`POST jobs ${body}`);
  });

  it.each([
    [1, 0, 'In all 1 file with 0 B.'],
    [0, 0, 'In all 0 files with 0 B.']
  ])('should find words for %d', async (files, size, words) => {
    const { one } = measuring([done(files, size)]);
    expect(await one.amount()).toBe(words);
  });

  it('should say why it cannot count', async () => {
    const failed = measuring([{ state: 'failed', error }]);
    expect(await failed.one.amount()).toBe(`Cannot count: ${error.message}`);
    const cancelled = measuring([{ state: 'cancelled', error: null }]);
    expect(await cancelled.one.amount()).toBe('Cannot count: cancelled');
    const refused = measuring([], true);
    expect(await refused.one.amount()).toBe(`Cannot count: ${error.message}`);
  });

  it('should stop counting when nobody wants to know any more, and leave nothing behind', async () => {
    const { one, told } = measuring([{}, {}, { state: 'cancelled' }]);
    const amount = one.amount();
    await settle(5);
    one.stop();
    await settle(5);
    expect(told().slice(-2)).toEqual([
      'PATCH jobs/m {"action":"cancel"}',
      'DELETE jobs/m null'
    ]);
    await amount;
  });

  it('should leave nothing behind when it is stopped before it has begun', async () => {
    const { one, told } = measuring([{}, {}, { state: 'cancelled' }]);
    const amount = one.amount();
    one.stop();
    await amount;
    await settle(5);
    expect(told().slice(1)).toEqual([
      'PATCH jobs/m {"action":"cancel"}',
      'DELETE jobs/m null'
    ]);
  });

  it('should not cancel what has ended', async () => {
    const { one, told } = measuring([done(1, 1)]);
    await one.amount();
    one.stop();
    await settle(5);
    expect(told().slice(-1)).toEqual(['DELETE jobs/m null']);
    expect(told().some(line => line.startsWith('PATCH'))).toBe(false);
  });

  it('should have nothing to stop before it begins', async () => {
    const { one, told } = measuring([]);
    one.stop();
    await settle(5);
    expect(told()).toEqual([]);
  });
});
