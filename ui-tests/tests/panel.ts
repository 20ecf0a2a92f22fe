/** The panel as a user sees it, and the test function whose page has it. */

import { expect, galata, test as base } from '@jupyterlab/galata';
import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { APIRequestContext, Locator } from '@playwright/test';
import * as fs from 'node:fs';

import { inWorkspace, onDoor, setSpeed } from './rig';

export { expect, galata };

/** What marks a test that runs in the lowest JupyterLab as well (`make ui-lowest`). */
export const LOWEST = { tag: '@lowest' };

/** The panel with remote storage. */
export class Panel {
  constructor(readonly page: IJupyterLabPageFixture) {
    this.node = page.locator('#ctadata-panel');
    this.rows = this.node.locator('.jp-DirListing-item');
    this.list = this.node.locator('.jp-DirListing-content');
    this.crumbs = this.node.locator('.jp-BreadCrumbs');
    this.banner = this.node.locator('.ctadata-Banner');
    this.empty = this.node.locator('.ctadata-Empty');
    this.tally = this.node.locator('.ctadata-Tally');
    this.badge = this.node.locator('.ctadata-Badge');
    this.picker = this.node.getByRole('combobox', { name: 'Storage' });
    this.dialog = page.locator('.jp-Dialog');
    this.menu = page.locator('.lm-Menu');
    this.documents = page.locator('#jp-main-dock-panel');
  }

  readonly node: Locator;
  readonly rows: Locator;
  readonly list: Locator;
  readonly crumbs: Locator;
  readonly banner: Locator;
  readonly empty: Locator;
  readonly tally: Locator;
  readonly badge: Locator;
  readonly picker: Locator;
  readonly dialog: Locator;
  readonly menu: Locator;
  readonly documents: Locator;

  /** Show the panel by its tab in the sidebar. */
  async show(): Promise<void> {
    await this.tab('ctadata-panel').click();
    await expect(this.node).toBeVisible();
  }

  /** Load the page anew, and show the panel once JupyterLab has laid out what it remembers. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.evaluate(async () => window.jupyterapp.restored);
    if (!(await this.node.isVisible())) {
      await this.show();
    }
  }

  /** Resolves when JupyterLab has written down its layout and state with these in it, which it does a while later. */
  async saved(...parts: RegExp[]): Promise<void> {
    await this.page.waitForResponse(response => {
      const request = response.request();
      const body = request.postData() ?? '';
      return (
        request.method() === 'PUT' &&
        request.url().includes('/api/workspaces/') &&
        parts.every(part => part.test(body))
      );
    });
  }

  /** Show the panel with the top of the production storage. */
  async start(): Promise<void> {
    await this.show();
    await expect(this.row('cta')).toBeVisible();
  }

  /** Show a folder that was just made on the door's disk: the storage itself has to be asked. */
  async startIn(folder: string): Promise<void> {
    await this.start();
    await this.node.getByRole('button', { name: 'Refresh' }).click();
    await this.enter(folder);
  }

  /** The tab of a sidebar's widget. */
  tab(id: string): Locator {
    return this.page.locator(`.jp-SideBar .lm-TabBar-tab[data-id="${id}"]`);
  }

  /** The row of exactly that name. */
  row(name: string): Locator {
    const quoted = name.replace(/["\\]/g, '\\$&');
    return this.node.locator(
      `.jp-DirListing-item[data-ctadata-name="${quoted}"]`
    );
  }

  /** The names of the rows that are drawn. */
  names(): Promise<string[]> {
    return this.rows.evaluateAll(nodes =>
      nodes.map(node => (node as HTMLElement).dataset.ctadataName ?? '')
    );
  }

  /** Enter folders one after the other by double-clicks. */
  async enter(...folders: string[]): Promise<void> {
    for (const folder of folders) {
      await this.row(folder).dblclick();
      await this.expectHere(folder);
    }
  }

  /** Wait until a folder of that name is shown. */
  async expectHere(name: string): Promise<void> {
    await expect(this.crumbs.locator('.jp-BreadCrumbs-item').last()).toHaveText(
      name
    );
    await expect(this.node.locator('[aria-busy="true"]')).toHaveCount(0);
  }

  /** Choose an entry of a row's context menu. */
  async choose(name: string, entry: string | RegExp): Promise<void> {
    await this.row(name).click({ button: 'right' });
    await this.menu
      .locator('.lm-Menu-item:not(.lm-mod-disabled)')
      .filter({ has: this.page.getByText(entry, { exact: true }) })
      .click();
  }

  /** Press a button of the dialog. */
  async answer(label: string): Promise<void> {
    await this.dialog.getByRole('button', { name: label, exact: true }).click();
  }

  /** The row of a transfer in the list. */
  job(title: string): Locator {
    return this.node
      .locator('.ctadata-Job')
      .filter({ has: this.page.getByRole('button', { name: title }) })
      .first();
  }

  /** Wait until a transfer is in a state. */
  async expectJob(title: string, state: string): Promise<void> {
    await expect(this.job(title)).toHaveAttribute('data-state', state, {
      timeout: 60_000
    });
  }

  /** Drag the panel's edge until it is so wide. */
  async widen(width: number): Promise<void> {
    const { page, node } = this;
    const box = await node.boundingBox();
    const edge = (box?.x ?? 0) + (box?.width ?? 0);
    await page.mouse.move(edge + 1, 400);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) + width, 400, { steps: 5 });
    await page.mouse.up();
    await expect
      .poll(async () => (await node.boundingBox())?.width ?? 0)
      .toBeGreaterThan(width - 10);
  }

  /** Go to another source by the picker. */
  async pick(title: string): Promise<void> {
    await this.picker.selectOption({ label: title });
    await expect(this.node.locator('[aria-busy="true"]')).toHaveCount(0);
  }
}

interface IFixtures {
  /** The panel. */
  panel: Panel;
  /** The name of a new, empty folder of this test's own in the production storage. */
  own: string;
  /** An empty list of transfers and a quick line. */
  quiet: void;
}

/** A test with the panel at hand. */
export const test = base.extend<IFixtures>({
  // The test's folder in the workspace, made on the disk: the server keeps its XSRF check.
  tmpPath: async ({}, use, info) => {
    const name = `ui-${info.testId}`;
    fs.mkdirSync(inWorkspace(name), { recursive: true });
    await use(name);
    fs.rmSync(inWorkspace(name), { recursive: true, force: true });
  },
  // Galata would end these without the XSRF token; they end with the server.
  kernels: async ({}, use) => use(new Map()),
  sessions: async ({}, use) => use(new Map()),
  terminals: async ({}, use) => use(new Map()),
  panel: async ({ page }, use) => {
    const faults: string[] = [];
    page.on('pageerror', error => faults.push(error.stack ?? String(error)));
    await use(new Panel(page));
    expect(faults.filter(fault => fault.includes('ctadata'))).toEqual([]);
  },
  own: async ({}, use, info) => {
    const name = `ui ${info.testId}`;
    fs.mkdirSync(onDoor(name), { recursive: true });
    await use(name);
    fs.rmSync(onDoor(name), { recursive: true, force: true });
  },
  quiet: [
    async ({ request, baseURL }, use) => {
      setSpeed(0);
      await use();
      setSpeed(0);
      await forgetJobs(request, baseURL ?? '');
    },
    { auto: true }
  ]
});

/** Cancel and forget all transfers. */
async function forgetJobs(
  request: APIRequestContext,
  base: string
): Promise<void> {
  const headers = await xsrf(request, base);
  const url = `${base}/ctadata-jlab/jobs`;
  const jobs = (await (await request.get(url)).json()) as { id: string }[];
  for (const { id } of jobs) {
    await request.patch(`${url}/${id}`, {
      headers,
      data: { action: 'cancel' }
    });
    await expect
      .poll(
        async () =>
          (await request.delete(`${url}/${id}`, { headers })).status(),
        { timeout: 20_000 }
      )
      .not.toBe(409);
  }
}

/** Have the server forget the token of a storage. */
export async function forgetToken(
  request: APIRequestContext,
  base: string,
  source: string
): Promise<void> {
  const headers = await xsrf(request, base);
  await request.delete(`${base}/ctadata-jlab/login/${source}`, { headers });
}

/** Start a transfer, as a script of the user's would. */
export async function startJob(
  request: APIRequestContext,
  base: string,
  data: object
): Promise<void> {
  const headers = await xsrf(request, base);
  const url = `${base}/ctadata-jlab/jobs`;
  const answer = await request.post(url, { headers, data });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** Add a storage by its settings, as the dialog does. */
export async function configure(
  request: APIRequestContext,
  base: string,
  source: string,
  data: object
): Promise<void> {
  const headers = await xsrf(request, base);
  const url = `${base}/ctadata-jlab/sources/${source}/settings`;
  const answer = await request.put(url, { headers, data });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** Remove a storage that was added. */
export async function unconfigure(
  request: APIRequestContext,
  base: string,
  source: string
): Promise<void> {
  const headers = await xsrf(request, base);
  const url = `${base}/ctadata-jlab/sources/${source}/settings`;
  await request.delete(url, { headers });
}

/** The header that proves that a request is no forgery. */
async function xsrf(
  request: APIRequestContext,
  base: string
): Promise<{ 'X-XSRFToken': string }> {
  await request.get(`${base}/lab`);
  const { cookies } = await request.storageState();
  const cookie = cookies.find(({ name }) => name === '_xsrf');
  return { 'X-XSRFToken': cookie?.value ?? '' };
}
