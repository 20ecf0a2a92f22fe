/**
 * Logins as people see them: the panel in one browser, the login page in
 * another; by our own flow and with an oidc-agent; against a real provider,
 * which is down now and then, and a real grid door.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect, test as base } from '@playwright/test';
import type { Browser, BrowserContext, Locator, Page } from '@playwright/test';

const REPOSITORY = path.join(__dirname, '..', '..');
const STAGE = path.join(__dirname, '..', '.cache', 'stage');
const PICTURES = process.env.CTADATA_SCREENSHOTS
  ? path.join(REPOSITORY, 'docs', 'images')
  : path.join(__dirname, '..', 'test-results', 'pictures');

/** Where everything is. */
interface IStage {
  labs: string[];
  homes: string[];
  logs: string[];
  minted: string;
  manners: string;
  provider: number;
  agent: number;
  empty: number;
  password: string;
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

  /** Let device codes and tokens live so many seconds from now on. */
  behave(seconds: { code?: number; lifetime?: number }): void {
    fs.writeFileSync(this.facts.manners, JSON.stringify(seconds));
  }

  /** Take the login server down, or up again. */
  turnProvider(): void {
    process.kill(this.facts.provider, 'SIGUSR2');
  }

  /** Kill an agent and its helpers; its socket stays. */
  killAgent(which: 'agent' | 'empty' = 'agent'): void {
    process.kill(-this.facts[which], 'SIGKILL');
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

/** A user's panel. */
class Seat {
  constructor(
    readonly page: Page,
    readonly context: BrowserContext
  ) {
    this.heard = overhear(context);
    this.panel = page.locator('#ctadata-panel');
    this.badge = this.panel.locator('.ctadata-Badge');
    this.row = this.panel.locator('[data-ctadata-name="alpha.txt"]');
    this.dialog = page.locator('.jp-Dialog');
    this.start = this.dialog.locator('.ctadata-Device-start');
  }

  /** Sit down. */
  static async at(browser: Browser, lab: string): Promise<Seat> {
    const context = await browser.newContext();
    const seat = new Seat(await context.newPage(), context);
    await seat.page.goto(lab);
    await seat.page.locator('[data-id="ctadata-panel"]').click();
    return seat;
  }

  /** Where the code is to be confirmed. */
  async address(): Promise<string> {
    const link = this.dialog.getByRole('link', { name: 'Open the login page' });
    return (await link.getAttribute('href')) ?? '';
  }

  /** Confirm the code that is shown, and see the dialog close by itself. */
  async confirm(browser: Browser): Promise<void> {
    await decide(browser, await this.address(), 'confirm');
    await expect(this.dialog).toHaveCount(0, { timeout: 60_000 });
    await expect(this.row).toBeVisible({ timeout: 30_000 });
    await expect(this.badge).toContainText('scientist');
  }

  /** Refresh again and again until something is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    await expect
      .poll(
        async () => {
          await this.panel.getByRole('button', { name: 'Refresh' }).click();
          return isSo();
        },
        { timeout: 120_000, intervals: [2_000] }
      )
      .toBe(true);
  }

  /** Refresh until the panel says something. */
  async untilSaid(words: RegExp): Promise<void> {
    const alert = this.panel.getByText(words).first();
    await this.until(() => alert.isVisible());
  }

  /** Log out by the badge's dialog. */
  async leave(): Promise<void> {
    await this.badge.click();
    await this.dialog.getByRole('button', { name: 'Log out' }).click();
    await expect(this.badge).toHaveClass(/ctadata-mod-bad/);
  }

  readonly heard: string[];
  readonly panel: Locator;
  readonly badge: Locator;
  readonly row: Locator;
  readonly dialog: Locator;
  readonly start: Locator;
}

test('in by a code or an agent, through an outage, and out again', async ({
  browser,
  stage
}) => {
  test.setTimeout(400_000);
  const { facts } = stage;
  const code = await Seat.at(browser, facts.labs[0]);
  const agent = await Seat.at(browser, facts.labs[1]);
  const token = path.join(facts.homes[0], '.config/cta-data/token-grid');

  // Who has an agent does nothing at all.
  await expect(agent.row).toBeVisible({ timeout: 60_000 });
  await expect(agent.badge).toContainText('scientist');
  await expect(agent.badge).toHaveAttribute('title', /from oidc-agent/);
  await expect(agent.dialog).toHaveCount(0);

  // Somebody says no: it is told, and can be begun again.
  await expect(code.badge).toHaveClass(/ctadata-mod-bad/, { timeout: 60_000 });
  await code.badge.click();
  await code.dialog.locator('.ctadata-Attempts summary').click();
  const attempts = code.dialog.locator('.ctadata-Attempts li');
  await expect(attempts.first()).toBeVisible();
  await code.start.click();
  const shown = code.dialog.locator('output');
  await expect(shown).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  const picture = code.dialog.locator('svg.ctadata-Device-picture');
  await expect(picture).toBeVisible();
  await decide(browser, await code.address(), 'deny');
  const alert = code.dialog.getByRole('alert');
  await expect(alert).toContainText('declined', { timeout: 30_000 });

  // Nobody confirms: the code runs out, and that is told.
  stage.behave({ code: 4 });
  await code.start.click();
  await expect(alert).toContainText('expired', { timeout: 30_000 });

  // The login server goes away meanwhile, and comes back: the code counts.
  // The dialog closes by itself, and what had failed is shown.
  stage.behave({ lifetime: 15 });
  await code.start.click();
  await expect(shown).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  stage.turnProvider();
  await code.page.waitForTimeout(3_000);
  stage.turnProvider();
  await code.confirm(browser);
  await expect(code.badge).toHaveAttribute('title', /may read everything/);

  // The token ends: the next listing renews it, and nobody is asked.
  const first = fs.readFileSync(token, 'utf8');
  await code.until(async () => fs.readFileSync(token, 'utf8') !== first);
  await expect(code.row).toBeVisible();
  await expect(code.dialog).toHaveCount(0);

  // Tokens end while the login server is away: it is told, the listing stays.
  stage.turnProvider();
  await code.untilSaid(/login server .* does not answer/);
  await agent.untilSaid(/cannot reach the login server/);
  await expect(code.row).toBeVisible();
  await expect(agent.row).toBeVisible();

  // The agent dies, too: red, and it says why.
  stage.killAgent();
  await agent.untilSaid(/oidc-agent at .* cannot be spoken to/);
  await expect(agent.badge).toHaveClass(/ctadata-mod-bad/);
  stage.turnProvider();

  // It is back: what can be renewed is; nobody is asked.
  const gone = code.panel.getByText(/does not answer/);
  await code.until(async () => (await gone.count()) === 0);
  await expect(code.row).toBeVisible();
  await expect(code.badge).toContainText('scientist');
  await expect(code.dialog).toHaveCount(0);

  // Without the agent, one click mends it.
  await agent.badge.click();
  await agent.start.click();
  await agent.confirm(browser);

  // Out: nothing is kept.
  await code.badge.click();
  await expect(code.dialog).toContainText('not encrypted');
  await code.dialog.getByRole('button', { name: 'Close' }).click();
  await code.leave();
  await agent.leave();
  expect(fs.existsSync(token)).toBe(false);

  // The browsers never had a secret; nor have the servers' logs.
  expect(stage.secrets.length).toBeGreaterThan(8);
  for (const seat of [code, agent]) {
    expect(seat.heard.length).toBeGreaterThan(10);
    const kept = await keptBy(seat.context, seat.page);
    const all = seat.heard.join('\n') + kept;
    expect(stage.secrets.filter(secret => all.includes(secret))).toEqual([]);
    await seat.context.close();
  }
  for (const log of facts.logs) {
    const text = fs.readFileSync(log, 'utf8');
    expect(stage.secrets.filter(secret => text.includes(secret))).toEqual([]);
  }
});

test('into oidc-agent by the panel, out of it, and an agent that dies', async ({
  browser,
  stage
}) => {
  test.setTimeout(300_000);
  const { facts } = stage;
  const password = fs.readFileSync(facts.password, 'utf8');
  stage.behave({});
  const seat = await Seat.at(browser, facts.labs[2]);
  const { dialog, badge } = seat;
  const fields = dialog.locator('input[type="password"]');
  const alert = dialog.getByRole('alert');
  const shown = dialog.locator('output');

  // The agent is offered; a new password is typed twice.
  await expect(badge).toHaveClass(/ctadata-mod-bad/, { timeout: 60_000 });
  await badge.click();
  const choice = dialog.getByRole('checkbox', { name: /oidc-agent/ });
  await expect(choice).toBeChecked();
  await expect(fields).toHaveCount(2);
  await dialog.locator('.jp-Dialog-content').screenshot({
    path: path.join(PICTURES, 'login-agent.png')
  });
  const begin = async (): Promise<void> => {
    await fields.first().fill(password);
    await fields.last().fill(password);
    await fields.last().press('Enter');
  };
  await fields.first().fill(password);
  await seat.start.click();
  await expect(alert).toContainText('not the same');
  await fields.first().fill('');
  await seat.start.click();
  await expect(alert).toContainText('needs a password');

  // Nobody is there, somebody says no, nobody confirms, it is given up.
  stage.turnProvider();
  await begin();
  await expect(alert).toContainText('does not answer', { timeout: 60_000 });
  stage.turnProvider();
  await expect(async () => {
    await begin();
    await expect(shown).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/, { timeout: 20_000 });
  }).toPass({ timeout: 60_000 });
  await expect(fields).toHaveCount(0);
  await expect(dialog.getByText(/^Valid for/)).toBeVisible();
  await decide(browser, await seat.address(), 'deny');
  await expect(alert).toContainText('declined', { timeout: 30_000 });
  stage.behave({ code: 4 });
  await begin();
  await expect(alert).toContainText('expired', { timeout: 30_000 });
  stage.behave({});
  await begin();
  await dialog.getByRole('button', { name: 'Cancel the login' }).click();
  await expect(seat.start).toBeVisible();
  await expect(alert).toHaveCount(0);

  // Another browser confirms: the agent keeps the login, and we do not.
  await begin();
  await seat.confirm(browser);
  await expect(badge).toHaveAttribute('title', /from oidc-agent/);
  const profile = path.join(facts.homes[2], '.config');
  const account = path.join(profile, 'oidc-agent', 'panel');
  expect(fs.existsSync(account)).toBe(true);
  expect(fs.existsSync(path.join(profile, 'cta-data/refresh-grid'))).toBe(
    false
  );

  // Out, with the password, and only with that.
  await badge.click();
  const leave = dialog.getByRole('button', { name: 'Log out of oidc-agent' });
  await fields.fill('another');
  await leave.click();
  await expect(alert).toContainText('does not open');
  await fields.fill(password);
  await leave.click();
  await expect(dialog).toHaveCount(0, { timeout: 30_000 });
  await expect(badge).toHaveClass(/ctadata-mod-bad/);
  expect(fs.existsSync(account)).toBe(false);

  // The agent is killed while the code is confirmed.
  await badge.click();
  await begin();
  await expect(shown).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  const address = await seat.address();
  stage.killAgent('empty');
  await decide(browser, address, 'confirm');
  await expect(alert).toContainText('does not run any more', {
    timeout: 30_000
  });
  await expect(choice).toHaveCount(0);

  // Without it, one click.
  await seat.start.click();
  await seat.confirm(browser);
  await expect(badge).toHaveAttribute('title', /from login/);
  await seat.leave();

  // The password went where it was typed for, and is nowhere now.
  const told = seat.heard.filter(text => text.includes(password));
  expect(told.length).toBeGreaterThan(3);
  for (const text of told) {
    expect(text).toMatch(/^http:[^ ]*\/ctadata-jlab\/login\/grid\S* \{/);
    expect(text.split(' ')[0]).not.toContain(password);
  }
  const kept = await keptBy(seat.context, seat.page);
  const log = fs.readFileSync(facts.logs[2], 'utf8');
  for (const secret of stage.secrets) {
    expect(kept.includes(secret) || log.includes(secret)).toBe(false);
    const isHeard = seat.heard.some(text => text.includes(secret));
    expect(isHeard).toBe(secret === password);
  }
  await seat.context.close();
});
