/** Tests that share one JupyterLab, which is loaded once: each finds it as the others did. For those that change no settings and reload nothing. */

import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Page } from '@playwright/test';

import { expect, galata, test as base } from './panel';

export * from './panel';

type Settings = typeof galata.DEFAULT_SETTINGS & Record<string, unknown>;

/** What is asked of the panel to have it as it was at first. */
interface IPanel {
  id: string;
  pick(name: string): Promise<void>;
  transfers: { isOpen: boolean };
  banner: { error: null };
  browser: { rows: { sort(state: object): void } };
}

/** A document, if a widget is one. */
interface IDocument {
  context?: { model: { dirty: boolean } };
}

/** JupyterLab's shell, which hides a side. */
interface ISides {
  collapseRight(): void;
}

/** A test whose page is that of the test before it; one that fails is the last of its page. */
export const test = base.extend<
  object,
  { settings: Settings; lab: IJupyterLabPageFixture }
>({
  settings: [
    galata.DEFAULT_SETTINGS as Settings,
    { option: true, scope: 'worker' }
  ],
  lab: [
    async ({ browser, settings }, use, info) => {
      const { baseURL, locale, timezoneId, viewport, permissions } =
        info.project.use;
      const context = await browser.newContext({
        ...{ baseURL, locale, timezoneId, viewport, permissions },
        acceptDownloads: true
      });
      context.setDefaultTimeout(15_000);
      const page = await galata.initTestPage(
        '/lab',
        false,
        baseURL ?? '',
        true,
        settings,
        true,
        true,
        await context.newPage(),
        new Map(),
        new Map(),
        '',
        whenReady,
        new Map(),
        true
      );
      await page.goto('?reset');
      await use(page);
      await context.close();
    },
    { scope: 'worker' }
  ],
  page: async ({ lab, tmpPath }, use) => {
    await show(lab, tmpPath);
    await use(lab);
    await restore(lab);
  }
});

async function whenReady(page: Page): Promise<void> {
  await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await page.evaluate(async () => window.jupyterapp.restored);
}

/** Show a folder of the workspace in the file browser, and that in front. */
async function show(page: Page, path: string): Promise<void> {
  await page.evaluate(async folder => {
    const { commands, shell } = window.jupyterapp;
    shell.activateById('filebrowser');
    await commands.execute('filebrowser:go-to-path', { path: `/${folder}` });
  }, path);
}

/** Close what a test has opened, and have the panel show the top of the production storage again. */
async function restore(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await show(page, '');
  await page.evaluate(async () => {
    const { commands, shell } = window.jupyterapp;
    for (const widget of shell.widgets('main')) {
      const { context } = widget as unknown as IDocument;
      if (context) {
        context.model.dirty = false; // nothing is asked
      }
    }
    await commands.execute('application:close-all');
    await commands.execute('apputils:dismiss-notification', {});
    const panel = [...shell.widgets('left'), ...shell.widgets('right')].find(
      ({ id }) => id === 'ctadata-panel'
    ) as unknown as IPanel;
    await panel.pick('dcache');
    panel.transfers.isOpen = false;
    panel.banner.error = null;
    panel.browser.rows.sort({ key: 'name', direction: 'ascending' });
    (shell as unknown as ISides).collapseRight();
  });
  await expect(page.locator('.jp-Dialog, .lm-Menu')).toHaveCount(0);
}
