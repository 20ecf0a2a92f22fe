import { MessageLoop } from '@lumino/messaging';

import type { IJob } from '../wire';
import list from '../../tests/fixtures/wire/jobs.json';
import type { ILabOptions, Lab } from './lab';
import { settle, until } from './server';
import { leave, shown } from './shown';

jest.setTimeout(60_000);

const FAILED = list.find(({ state }) => state === 'failed') as unknown as IJob;

describe('The transfers in the panel', () => {
  let laboratory: Lab;

  afterEach(leave);

  /** Show the panel with its transfers. */
  async function opened(options: ILabOptions = {}): Promise<Lab> {
    laboratory = await shown(options);
    laboratory.panel.transfers.isOpen = true;
    return laboratory;
  }

  /** The row of a transfer once it is in a state. */
  async function rowIn(state: string): Promise<HTMLElement> {
    const { node } = laboratory.panel.transfers;
    const find = () =>
      node.querySelector<HTMLElement>(`.ctadata-Job[data-state="${state}"]`);
    await until(find);
    return find()!;
  }

  const press = (row: HTMLElement, label: string): void =>
    row.querySelector<HTMLElement>(`[aria-label="${label}"]`)!.click();

  /** What was asked for besides, in short. */
  const told = ({ asked }: Lab, from = 0): string[] =>
    asked
      .slice(from)
      .map(({ method, path, body }) =>
        [
          method,
          path.slice('ctadata-jlab/'.length),
          method === 'PATCH' ? JSON.stringify(body) : ''
        ].join(' ')
      )
      .map(line => line.trim());

  it('should say why one failed and what to do, and try it again when that was done', async () => {
    const made = await opened();
    made.jobs.push({ ...FAILED });
    await made.transfers.jobs.load();
    const row = await rowIn('failed');
    const why = row.querySelector('.ctadata-Job-error')!;
    expect(why.textContent).toContain(FAILED.error!.message);
    expect(why.textContent).toContain(FAILED.error!.hint);
    expect(why.hasAttribute('role')).toBe(false); // heard with the job's end
    const before = made.asked.length;
    press(row, 'Try again what is missing');
    await rowIn('waiting');
    expect(told(made, before)[0]).toBe(
      `PATCH jobs/${FAILED.id} {"action":"retry"}`
    );
    made.jobs[0] = {
      ...FAILED,
      ...{ state: 'done', seq: 9, error: null, files_failed: 0 }
    };
    await made.transfers.jobs.load();
    const done = await rowIn('done');
    expect(done.querySelector('.ctadata-Job-error')).toBeNull();
    expect(done.querySelector('[aria-label^="Try again"]')).toBeNull();
  });

  it('should say so if it cannot be tried again', async () => {
    const made = await opened({
      answer: ({ method }) =>
        method === 'PATCH' ? { status: 409, json: FAILED.error } : null
    });
    made.jobs.push({ ...FAILED });
    await made.transfers.jobs.load();
    press(await rowIn('failed'), 'Try again what is missing');
    await until(() =>
      made.panel.banner.node.textContent?.includes(FAILED.error!.message)
    );
    await rowIn('failed');
  });

  it('should offer to try again what is missing of one that is done but for that', async () => {
    const made = await opened();
    made.jobs.push({ ...FAILED, state: 'done', files_failed: 2, error: null });
    await made.transfers.jobs.load();
    const row = await rowIn('done');
    expect(row.querySelector('[aria-label^="Try again"]')).not.toBeNull();
  });

  describe('uploads', () => {
    const files = (count: number): File[] =>
      Array.from({ length: count }, (_, k) => new File(['x'], `f${k}.txt`));

    it('should cost one request for the job and one for each file, and no listing', async () => {
      const made = await opened();
      const before = made.asked.length;
      const place = { source: 'dcache', path: '/lst' };
      made.rows.hooks!.dropFiles({ entries: [], files: files(7) }, place);
      await until(() => told(made, before).length >= 8);
      await settle(20);
      const [first, ...rest] = told(made, before);
      expect(first).toBe('POST jobs');
      const id = made.jobs[0].id;
      expect(rest.sort()).toEqual(
        files(7).map((_, n) => `PUT jobs/${id}/items/${n}`)
      );
    });

    it('should send nothing more when they are cancelled', async () => {
      const made = await opened({
        answer: ({ method, signal }) =>
          method === 'PUT'
            ? new Promise((_, reject) => {
                signal?.addEventListener('abort', () =>
                  reject(new DOMException('gone', 'AbortError'))
                );
              })
            : null
      });
      const place = { source: 'dcache', path: '/lst' };
      made.rows.hooks!.dropFiles({ entries: [], files: files(9) }, place);
      const puts = () => made.asked.filter(({ method }) => method === 'PUT');
      await until(() => puts().length === 3);
      expect(made.transfers.uploader.isBusy).toBe(true);
      press(await rowIn('waiting'), 'Cancel');
      await rowIn('cancelled');
      await until(() => !made.transfers.uploader.isBusy);
      expect(puts()).toHaveLength(3);
      expect(puts().every(({ signal }) => signal?.aborted)).toBe(true);
      MessageLoop.flush();
      await settle(10);
      expect(made.panel.banner.error).toBeNull(); // that is no failure
    });
  });
});
