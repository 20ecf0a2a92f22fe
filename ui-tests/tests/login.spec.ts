/**
 * A login by code as two people see it: the panel in one browser, the login
 * page in another; against a real provider and a real grid door.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect, test as base } from '@playwright/test';
import type { Browser, BrowserContext, Page } from '@playwright/test';

const REPOSITORY = path.join(__dirname, '..', '..');
const STAGE = path.join(__dirname, '..', '.cache', 'stage');

/** Where everything is. */
interface IStage {
  lab: string;
  minted: string;
  home: string;
  log: string;
}

/** The servers, and what a browser was told by them. */
class Stage {
  /** Start the servers. */
  static async open(): Promise<Stage> {
    fs.rmSync(STAGE, { recursive: true, force: true });
    fs.mkdirSync(STAGE, { recursive: true });
    const child = spawn(
      'python',
      [
        ...['-m', 'pytest', '-q', '-p', 'no:cacheprovider'],
        ...['-o', 'python_files=stage.py', 'tests/rig/stage.py'],
        '--timeout=0'
      ],
      {
        cwd: REPOSITORY,
        env: { ...process.env, STAGE, CTADATA_CONFIG: '' },
        stdio: 'ignore'
      }
    );
    const file = path.join(STAGE, 'stage.json');
    await expect
      .poll(() => fs.existsSync(file) || child.exitCode !== null, {
        timeout: 170_000
      })
      .toBe(true);
    const facts = JSON.parse(fs.readFileSync(file, 'utf8')) as IStage;
    return new Stage(child, facts);
  }

  constructor(
    private child: ChildProcess,
    readonly facts: IStage
  ) {}

  /** End the servers. */
  async close(): Promise<void> {
    const ended = once(this.child, 'exit');
    fs.writeFileSync(path.join(STAGE, 'end'), '');
    await ended;
  }

  /** All secrets that the provider has handed out. */
  get secrets(): string[] {
    const text = fs.readFileSync(this.facts.minted, 'utf8');
    return text.split('\n').filter(line => line.length >= 16);
  }
}

/** Note all that a browser's pages send, are told and say. */
function overhear(context: BrowserContext): string[] {
  const heard: string[] = [];
  context.on('request', request => {
    heard.push(`${request.url()} ${request.postData() ?? ''}`);
  });
  context.on('response', response => {
    if (response.url().includes('/ctadata-jlab/')) {
      void response.text().then(
        text => heard.push(text),
        () => undefined
      );
    }
  });
  context.on('console', message => heard.push(message.text()));
  context.on('page', page =>
    page.on('websocket', socket =>
      socket.on('framereceived', ({ payload }) => heard.push(String(payload)))
    )
  );
  return heard;
}

/** All that a page keeps: cookies, both storages, databases, and itself. */
async function keptBy(context: BrowserContext, page: Page): Promise<string> {
  const state = await context.storageState({ indexedDB: true });
  const shown = await page.evaluate(
    () => JSON.stringify({ ...sessionStorage }) + document.body.innerHTML
  );
  return JSON.stringify(state) + shown;
}

/** Be the person who opens the login page in another browser. */
async function decide(
  browser: Browser,
  address: string,
  does: 'confirm' | 'deny'
): Promise<void> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(address);
  if (does === 'deny') {
    await page.getByRole('button', { name: /abort/i }).click();
  } else {
    await page.getByRole('button', { name: /continue/i }).click();
    await page.locator('[name="login"]').fill('scientist');
    await page.locator('[name="password"]').fill('any');
    await page.getByRole('button', { name: /sign-in/i }).click();
    await page.getByRole('button', { name: /continue/i }).click();
    await expect(page.getByText(/success/i).first()).toBeVisible();
  }
  await context.close();
}

const test = base.extend<object, { stage: Stage }>({
  stage: [
    async ({}, use) => {
      const stage = await Stage.open();
      await use(stage);
      await stage.close();
    },
    { scope: 'worker', timeout: 180_000 }
  ]
});

test('one click, a code, another browser: in, renewed, and out again', async ({
  browser,
  stage
}) => {
  test.setTimeout(240_000);
  const context = await browser.newContext();
  const heard = overhear(context);
  const page = await context.newPage();
  await page.goto(stage.facts.lab);
  await page.locator('[data-id="ctadata-panel"]').click();
  const panel = page.locator('#ctadata-panel');
  const badge = panel.locator('.ctadata-Badge');
  const dialog = page.locator('.jp-Dialog');
  const link = dialog.getByRole('link', { name: 'Open the login page' });
  const start = dialog.locator('.ctadata-Device-start');
  const row = panel.locator('[data-ctadata-name="alpha.txt"]');
  await expect(badge).toHaveClass(/ctadata-mod-bad/, { timeout: 60_000 });

  // Somebody says no: it is told, and can be begun again.
  await badge.click();
  await dialog.locator('.ctadata-Attempts summary').click();
  await expect(dialog.locator('.ctadata-Attempts li').first()).toBeVisible();
  await start.click();
  await expect(dialog.locator('output')).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  await expect(dialog.locator('svg.ctadata-Device-picture')).toBeVisible();
  await decide(browser, (await link.getAttribute('href')) ?? '', 'deny');
  await expect(dialog.getByRole('alert')).toContainText('declined', {
    timeout: 30_000
  });

  // Confirmed: the dialog closes by itself, and what had failed is shown.
  await start.click();
  await decide(browser, (await link.getAttribute('href')) ?? '', 'confirm');
  await expect(dialog).toHaveCount(0, { timeout: 30_000 });
  await expect(row).toBeVisible({ timeout: 30_000 });
  await expect(badge).toContainText('scientist');
  await expect(badge).toHaveAttribute('title', /may read everything/);

  // The token ends: the next listing renews it, and nobody is asked.
  const token = path.join(stage.facts.home, '.config/cta-data/token-grid');
  const first = fs.readFileSync(token, 'utf8');
  await expect
    .poll(
      async () => {
        await panel.getByRole('button', { name: 'Refresh' }).click();
        return fs.readFileSync(token, 'utf8') !== first;
      },
      { timeout: 120_000, intervals: [5_000] }
    )
    .toBe(true);
  await expect(row).toBeVisible();
  await expect(dialog).toHaveCount(0);

  // Out: nothing is kept.
  await badge.click();
  await expect(dialog).toContainText('not encrypted');
  await dialog.getByRole('button', { name: 'Log out' }).click();
  await expect(badge).toHaveClass(/ctadata-mod-bad/);
  expect(fs.existsSync(token)).toBe(false);

  // The browser never had a secret; nor has the server's log.
  const everything = heard.join('\n') + (await keptBy(context, page));
  const log = fs.readFileSync(stage.facts.log, 'utf8');
  expect(heard.length).toBeGreaterThan(10);
  expect(stage.secrets.length).toBeGreaterThan(4);
  for (const secret of stage.secrets) {
    expect(everything.includes(secret)).toBe(false);
    expect(log.includes(secret)).toBe(false);
  }
  await context.close();
});
