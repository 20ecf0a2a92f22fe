import { JobsModel } from '../jobs';
import type { IJob } from '../wire';
import list from '../../tests/fixtures/wire/jobs.json';
import { lab } from './lab';
import type { Lab } from './lab';
import { make, rows } from './making';
import { serve } from './server';

jest.setTimeout(60_000);

/** Whether the browser's page is hidden, as behind another of its tabs. */
function hidePage(isHidden: boolean): void {
  Object.defineProperty(document, 'visibilityState', {
    configurable: true,
    value: isHidden ? 'hidden' : 'visible'
  });
  document.dispatchEvent(new Event('visibilitychange'));
}

const pass = (seconds: number): Promise<void> =>
  jest.advanceTimersByTimeAsync(seconds * 1000);

describe('What is asked by itself', () => {
  beforeEach(() => jest.useFakeTimers());

  afterEach(() => {
    hidePage(false);
    jest.useRealTimers();
  });

  describe('the listing', () => {
    async function shown() {
      const made = await make(() => rows(1));
      await made.model.open({ source: 'dcache', path: '/lst' });
      return made;
    }

    it('should be asked for as often as is set, also when that changes', async () => {
      const { model, lists } = await shown();
      await pass(299);
      expect(lists()).toHaveLength(1);
      await pass(2);
      expect(lists()).toHaveLength(2);
      model.refreshInterval = 20;
      await pass(101);
      expect(lists()).toHaveLength(7);
      model.refreshInterval = 1; // not more often than every ten seconds
      await pass(9);
      expect(lists()).toHaveLength(7);
      await pass(2);
      expect(lists()).toHaveLength(8);
    });

    it('should not be asked for while the panel is hidden, and again when it is not', async () => {
      const { model, lists } = await shown();
      model.refreshInterval = 10;
      model.isShown = () => false;
      await pass(3600);
      expect(lists()).toHaveLength(1);
      model.isShown = () => true;
      await pass(11);
      expect(lists()).toHaveLength(2);
    });

    it('should not be asked for while the page is hidden', async () => {
      const { model, lists } = await shown();
      model.refreshInterval = 10;
      hidePage(true);
      await pass(3600);
      expect(lists()).toHaveLength(1);
      hidePage(false);
      await pass(11);
      expect(lists()).toHaveLength(2);
    });

    it('should not be asked for when all is over', async () => {
      const { model, lists } = await shown();
      model.refreshInterval = 10;
      model.dispose();
      await pass(60);
      expect(lists()).toHaveLength(1);
    });
  });

  describe('the transfers', () => {
    const running = list.find(({ state }) => state === 'running') as object;

    function transfers(states: string[]) {
      const server = serve(() => ({
        json: states.map((state, k) => ({ ...running, id: `${k}`, state }))
      }));
      const jobs = new JobsModel({ serverSettings: server.settings });
      return { jobs, asked: server.asked, states };
    }

    it('should be asked for while one is active, should its events get lost', async () => {
      const { jobs, asked, states } = transfers(['running']);
      const ended: IJob[] = [];
      jobs.ended.connect((_, job) => ended.push(job));
      await jobs.load();
      await pass(6);
      expect(asked).toHaveLength(2);
      states[0] = 'done';
      await pass(5);
      expect(asked).toHaveLength(3);
      expect(ended.map(({ state }) => state)).toEqual(['done']);
      await pass(3600);
      expect(asked).toHaveLength(3);
      jobs.dispose();
    });

    it('should not be asked for without any that is active, nor before they are loaded', async () => {
      const { jobs, asked } = transfers(['done', 'failed', 'cancelled']);
      await pass(60);
      expect(asked).toHaveLength(0);
      await jobs.load();
      await pass(3600);
      expect(asked).toHaveLength(1);
      jobs.dispose();
    });

    it('should not be asked for while the page is hidden', async () => {
      const { jobs, asked } = transfers(['running']);
      await jobs.load();
      hidePage(true);
      await pass(3600);
      expect(asked).toHaveLength(1);
      hidePage(false);
      await pass(6);
      expect(asked).toHaveLength(2);
      jobs.dispose();
    });

    it('should be asked for less and less often while the server does not answer', async () => {
      let isThere = true;
      const server = serve(() =>
        isThere ? { json: [running] } : { status: 502, json: {} }
      );
      const jobs = new JobsModel({ serverSettings: server.settings });
      await jobs.load();
      isThere = false;
      await pass(300);
      expect(server.asked.length).toBeGreaterThan(3);
      expect(server.asked.length).toBeLessThan(40); // 60 without
      isThere = true;
      await pass(60);
      const count = server.asked.length;
      await pass(20);
      expect(server.asked.length).toBeGreaterThan(count + 2);
      jobs.dispose();
    });
  });
});

describe('The panel', () => {
  let laboratory: Lab;

  beforeEach(async () => {
    laboratory = await lab({ settings: { refreshInterval: 10 } });
  });

  afterEach(() => {
    jest.useRealTimers();
    laboratory.dispose();
  });

  it('should ask for no storage before it is seen', () => {
    const { asked } = laboratory;
    expect(asked.map(({ path }) => path)).toEqual(['ctadata-jlab/jobs']);
  });

  it('should send nothing while it is hidden, and list when it is shown', async () => {
    const { panel, asked, lists, show, model } = laboratory;
    await show();
    jest.useFakeTimers();
    await model.open({ source: 'dcache', path: '/lst' }); // its clock runs here
    await pass(11);
    const seen = lists().length;
    expect(seen).toBe(3);
    panel.hide();
    const before = asked.length;
    await pass(3600);
    window.dispatchEvent(new Event('focus'));
    await pass(1);
    expect(asked).toHaveLength(before);
    panel.show();
    await pass(1);
    expect(lists()).toHaveLength(seen + 1);
  });

  it('should list again when the user comes back to the window after a while', async () => {
    const { lists, show } = laboratory;
    await show();
    jest.useFakeTimers({ now: Date.now() });
    const back = async (): Promise<number> => {
      window.dispatchEvent(new Event('focus'));
      await pass(0);
      return lists().length;
    };
    expect(await back()).toBe(1);
    await pass(29);
    expect(await back()).toBe(1);
    await pass(2);
    expect(await back()).toBe(2);
    const left = jest.spyOn(window, 'removeEventListener');
    laboratory.panel.dispose();
    expect(left.mock.calls.map(([type]) => type)).toContain('focus');
    left.mockRestore();
    await pass(60);
    expect(await back()).toBe(2);
  });

  it('should list again when a transfer into what it shows has ended', async () => {
    const { show, lists, transfers, jobs, names } = laboratory;
    await show();
    expect(names()).not.toHaveLength(0);
    const ends = async (
      to: string | null,
      from: string,
      kind: IJob['kind']
    ) => {
      const before = lists().length;
      const job = await transfers.jobs.start({
        kind,
        from: { source: 'dcache', paths: [from] },
        ...(to ? { to: { source: 'dcache', path: to } } : {})
      });
      jobs[0] = { ...job, to: job.to ?? null, state: 'done', seq: 9 };
      await transfers.jobs.load();
      await new Promise(resolve => setTimeout(resolve, 5));
      return lists().length - before;
    };
    expect(await ends('/lst', '/else/a', 'copy')).toBe(1);
    expect(await ends('/else', '/lst/a', 'copy')).toBe(0);
    expect(await ends('/else', '/lst/a', 'move')).toBe(1);
    expect(await ends(null, '/lst/a', 'delete')).toBe(1);
    expect(await ends(null, '/else/a', 'delete')).toBe(0);
  });
});
