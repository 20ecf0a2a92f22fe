/** How the end of a transfer is told: by JupyterLab's notifications, in the list, in the status bar, and to those who listen. */

import { Notification } from '@jupyterlab/apputils';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { filterOf } from '../filter';
import { JobsModel } from '../jobs';
import { Options } from '../options';
import { transfersPlugin } from '../plugins/transfers';
import { QueueModel } from '../queue';
import type { ICtaTransfers } from '../tokens';
import { VirtualDirListing } from '../widgets/listing';
import { StatusItem } from '../widgets/statusitem';
import { Tally } from '../widgets/tally';
import { Transfers } from '../widgets/transfers';
import type { IJob } from '../wire';
import list from '../../tests/fixtures/wire/jobs.json';
import { make, rows } from './making';
import { serve, until } from './server';

jest.setTimeout(60_000);

const trans = nullTranslator.load('');
const RUNNING = (list as unknown as IJob[]).find(
  job => job.state === 'running'
) as IJob;
const ASKING = (list as unknown as IJob[]).find(
  job => job.state === 'blocked'
) as IJob;

/** A queue of one job whose next state the test sets. */
function queue(first: IJob) {
  const at = { jobs: [first] };
  const { settings } = serve(({ path }) =>
    path.endsWith('/queue') ? { json: { limit: null } } : { json: at.jobs }
  );
  return { at, settings };
}

afterEach(() => {
  Notification.manager.dismiss();
  document.body.replaceChildren();
});

describe('notifications', () => {
  async function ending(end: Partial<IJob>, isWanted = true) {
    const { at, settings } = queue(RUNNING);
    const options = new Options();
    await options.set('notifyOnEnd', isWanted);
    const events = { stream: new Signal({}) };
    const app = { serviceManager: { events, serverSettings: settings } };
    const { jobs } = transfersPlugin.activate(
      app as unknown as JupyterFrontEnd,
      options,
      null
    ) as ICtaTransfers;
    await jobs.load();
    at.jobs = [{ ...RUNNING, seq: RUNNING.seq + 9, ...end }];
    await jobs.load();
    await jobs.load(); // what ended before is told once
    jobs.dispose();
    return Notification.manager.notifications.map(
      ({ message, type, options: { autoClose } }) => ({
        ...{ message, type },
        stays: autoClose === false
      })
    );
  }
  const { title } = RUNNING;

  it('should tell once that a transfer is done, and go by themselves', async () => {
    expect(await ending({ state: 'done', files_failed: 0 })).toEqual([
      { message: `${title}: done`, type: 'success', stays: false }
    ]);
  });

  it('should say why a transfer failed, and stay', async () => {
    const error = { message: 'The disk is full.' } as IJob['error'];
    expect(await ending({ state: 'failed', error })).toEqual([
      {
        message: `${title}: failed: The disk is full.`,
        type: 'error',
        stays: true
      }
    ]);
  });

  it('should say that some files are missing, and stay', async () => {
    expect(await ending({ state: 'done', files_failed: 2 })).toEqual([
      { message: `${title}: done, but 2 failed`, type: 'warning', stays: true }
    ]);
  });

  it('should not tell users what they did themselves, nor what they do not want to hear', async () => {
    expect(await ending({ state: 'cancelled' })).toEqual([]);
    expect(await ending({ state: 'done' }, false)).toEqual([]);
    expect(await ending({ state: 'failed' }, false)).toEqual([]);
  });
});

describe('what is heard', () => {
  /** The list of transfers, and what is said of it. */
  function heard(first: IJob) {
    const { at, settings } = queue(first);
    const jobs = new JobsModel({ serverSettings: settings });
    const transfers = new Transfers({
      ...{ jobs, queue: new QueueModel(settings), trans },
      titleOf: name => name,
      mayAnswer: () => Promise.resolve(true),
      onDetails: () => undefined,
      onLogin: () => undefined,
      onError: reason => {
        throw reason;
      }
    });
    Widget.attach(transfers, document.body);
    const region = (): Element | null =>
      transfers.node.querySelector('[role="status"]');
    return { at, jobs, transfers, region };
  }

  it('should be that a transfer asks, and that it ended, but not each step of it', async () => {
    const { at, jobs, transfers, region } = heard({ ...RUNNING, seq: 1 });
    await jobs.load();
    await until(() => transfers.node.querySelector('.ctadata-Job') !== null);
    const before = region();
    expect(before?.textContent).toBe('');
    const { title, id } = RUNNING;
    const turn = async (seq: number, facts: Partial<IJob>): Promise<void> => {
      at.jobs = [{ ...RUNNING, seq, ...facts }];
      await jobs.load();
      const state = facts.state ?? RUNNING.state;
      await until(
        () =>
          transfers.node.querySelector(
            `[data-job="${id}"][data-state="${state}"]`
          ) !== null
      );
    };
    const { question } = ASKING;
    await turn(2, { state: 'blocked', reason: 'question', question });
    expect(region()?.textContent).toBe(`${title}: asks you`);
    await turn(3, { bytes_done: 7 });
    expect(region()?.textContent).toBe(`${title}: asks you`);
    await turn(4, { state: 'done', files_failed: 0 });
    expect(region()?.textContent).toBe(`${title}: done`);
    expect(region()).toBe(before); // another node would not be heard
    transfers.dispose();
    jobs.dispose();
  });

  it('should be all that ended at once, and the same words as often as they are said', async () => {
    const one = { ...RUNNING, id: 'one', title: 'one', seq: 1 };
    const two = { ...RUNNING, id: 'two', title: 'two', seq: 1 };
    const asks = { ...ASKING, id: 'asks', title: 'asks', seq: 1 };
    const { at, jobs, transfers, region } = heard(one);
    const said = (): (string | null)[] =>
      Array.from(
        region()?.firstElementChild?.children ?? [],
        line => line.textContent
      );
    at.jobs = [one, two];
    await jobs.load();
    const end = { seq: 2, state: 'done', files_failed: 0 } as const;
    at.jobs = [{ ...one, ...end }, { ...two, ...end }, asks];
    await jobs.load();
    await until(() => said().length === 3);
    expect(said().sort()).toEqual(['asks: asks you', 'one: done', 'two: done']);

    const again = async (seq: number): Promise<void> => {
      at.jobs = [{ ...one, seq }];
      await jobs.load();
      at.jobs = [{ ...one, ...end, seq: seq + 1 }];
      await jobs.load();
      await until(() => said().join() === 'one: done');
    };
    await again(3);
    const before = region()?.firstElementChild;
    await again(5);
    await until(() => region()?.firstElementChild !== before); // new words to a reader
    expect(said()).toEqual(['one: done']);
    transfers.dispose();
    jobs.dispose();
  });

  it('should be how many entries were loaded, and how many pass the filter', async () => {
    const { model } = await make(() => rows(41));
    const list = new VirtualDirListing({ model });
    const tally = new Tally({ model, rows: list, trans, language: 'en' });
    Widget.attach(list, document.body);
    Widget.attach(tally, document.body);
    expect(tally.node.getAttribute('role')).toBe('status');
    await model.open({ source: 'dcache', path: '/' });
    await until(() => tally.node.textContent === '42 entries');
    await model.filterBy(filterOf('f1', false));
    await until(() => tally.node.textContent === '11 of 42');
    await list.selectAll();
    await until(
      () => tally.node.textContent === '11 of 42 · 11 selected, 11 B'
    );
    tally.dispose();
    list.dispose();
  });
});

describe('the status bar', () => {
  it('should show all that moves together, and nothing when nothing does', async () => {
    const moving = (id: string, done: number): IJob => ({
      ...{ ...RUNNING, id, state: 'running', speed: 1_500_000 },
      ...{ bytes_done: done, bytes_total: 4 << 20 }
    });
    const { at, settings } = queue(moving('a', 1 << 20));
    const jobs = new JobsModel({ serverSettings: settings });
    let clicks = 0;
    const onClick = (): void => void (clicks += 1);
    const item = new StatusItem({ jobs, trans, onClick });
    Widget.attach(item, document.body);
    at.jobs.push(moving('b', 2 << 20), { ...moving('c', 0), state: 'waiting' });
    await jobs.load();
    await until(() => item.node.textContent !== '');
    expect(item.node.textContent).toBe('2 transfers · 3 MB / 8 MB · 2.9 MB/s');
    item.node.querySelector('button')?.click();
    expect(clicks).toBe(1);
    at.jobs = [];
    await jobs.load();
    await until(() => item.node.textContent === '');
    item.dispose();
    jobs.dispose();
  });
});
