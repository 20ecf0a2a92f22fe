/**
 * The pictures of the README, in light and dark.
 *
 * They are always taken, so that the way to them does not rot; with CTADATA_SCREENSHOTS=1 they go to docs/images,
 * else to test-results.
 */

import type { Page } from '@playwright/test';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect, test as base } from './panel';
import type { Panel } from './panel';
import { BULK, inWorkspace, lay, setSpeed } from './rig';

const DL1 = ['lst', 'DL1', '20241114', 'v0.10', 'tailcut84'];
const RUN = 'dl1_LST-1.Run19620.0000.h5';
const IS_KEPT = Boolean(process.env.CTADATA_SCREENSHOTS);

/** As the other tests, in a folder with a name to be shown. */
const test = base.extend({
  tmpPath: async ({}, use) => {
    fs.mkdirSync(inWorkspace('analysis'), { recursive: true });
    await use('analysis');
    fs.rmSync(inWorkspace('analysis'), { recursive: true, force: true });
  }
});

/** Where a picture goes; those of `docs` only if wanted. */
function target(name: string, inDocs: boolean): string {
  const folder =
    inDocs && IS_KEPT
      ? path.join(__dirname, '..', '..', 'docs', 'images')
      : path.join(__dirname, '..', 'test-results', 'pictures');
  fs.mkdirSync(folder, { recursive: true });
  return path.join(folder, `${name}.png`);
}

/** A notebook that reads a file of the storage; not run, as its numbers would not be those of real data. */
function notebook(): string {
  const code = [
    'import h5py\n',
    '\n',
    `with h5py.File('${RUN}') as file:\n`,
    "    table = file['dl1/event/telescope/parameters/LST_LSTCam'][:]\n",
    "table[['event_id', 'intensity', 'width', 'length']][:3]"
  ];
  const cells = [
    {
      cell_type: 'markdown',
      id: 'title',
      metadata: {},
      source: ['# Crab, run 19620']
    },
    {
      cell_type: 'code',
      id: 'load',
      metadata: {},
      execution_count: null,
      outputs: [],
      source: [
        '%load_ext ctadata_jlab\n',
        `%dcache get /${DL1.join('/')}/${RUN} .`
      ]
    },
    {
      cell_type: 'code',
      id: 'table',
      metadata: {},
      execution_count: null,
      outputs: [],
      source: code
    }
  ];
  const kernelspec = {
    display_name: 'Python 3 (ipykernel)',
    language: 'python',
    name: 'python3'
  };
  return JSON.stringify({
    cells,
    metadata: { kernelspec },
    nbformat: 4,
    nbformat_minor: 5
  });
}

/** Show the two storages that the demo has, without those that are there for tests. */
async function onlyPair(page: Page): Promise<void> {
  await page.route('**/ctadata-jlab/sources*', async route => {
    const response = await route.fetch();
    const all = (await response.json()) as { name: string; kind: string }[];
    const pair = all.filter(({ name }) => !['archive', 'pool'].includes(name));
    await route.fulfill({ response, json: pair });
  });
}

/** A download that runs, one that is done and one that asks. */
async function threeTransfers(panel: Panel, folder: string): Promise<void> {
  const here = /^Copy to “workspace/;
  await panel.choose('tailcut84', here);
  await panel.expectJob('tailcut84', 'done');
  lay(inWorkspace(folder), { 'lstosa_20241114.log': 'an older one\n' });
  await panel.crumbs.getByText('dCache', { exact: true }).click();
  await panel.enter('lst', 'logs');
  await panel.choose('lstosa_20241114.log', here);
  await panel.expectJob('lstosa_20241114.log', 'blocked');
  await panel.crumbs.getByText('dCache', { exact: true }).click();
  await panel.enter('cta', 'simulations');
  setSpeed(12_000_000);
  await panel.choose(BULK, here);
  await expect(panel.job(BULK)).toContainText('left');
  await expect(panel.job(BULK).getByRole('progressbar')).toHaveAttribute(
    'aria-valuenow',
    /^[2-6]\d$/,
    { timeout: 30_000 }
  );
}

for (const theme of ['light', 'dark'] as const) {
  test.describe(theme, () => {
    const isLight = theme === 'light';
    const shown = (name: string): string => `${name}-${theme}`;

    test.beforeEach(async ({ page, tmpPath, panel }) => {
      await onlyPair(page);
      if (!isLight) {
        await page.theme.setDarkTheme();
      }
      lay(inWorkspace(tmpPath), { 'Crab.ipynb': notebook() });
      await page.reload();
      await panel.start();
      await page.sidebar.setWidth(400, 'left');
    });

    test(`pictures: panel and transfers, ${theme}`, async ({
      page,
      panel,
      tmpPath
    }) => {
      await panel.tab('filebrowser').click();
      await page
        .locator('#filebrowser .jp-DirListing-item')
        .filter({ hasText: 'Crab.ipynb' })
        .dblclick();
      await expect(
        panel.documents.getByRole('heading', { name: 'Crab, run 19620' })
      ).toBeVisible();
      await expect(page.getByText('Python 3 (ipykernel) | Idle')).toBeVisible();
      await page.keyboard.press('Control+s');
      await expect(
        panel.documents.locator('.lm-TabBar-tab.jp-mod-dirty')
      ).toHaveCount(0);
      await panel.show();
      await panel.enter(...DL1);
      await panel.row(RUN).click();
      await expect(panel.tally).toHaveText('15 entries · 1 selected, 220.9 KB');
      await page.screenshot({
        path: target(isLight ? 'panel' : shown('panel'), isLight),
        animations: 'disabled'
      });

      await panel.crumbs.getByText('v0.10', { exact: true }).click();
      await panel.expectHere('v0.10');
      await threeTransfers(panel, tmpPath);
      await page.mouse.move(800, 500);
      await panel.node.screenshot({
        path: target(isLight ? 'transfers' : shown('transfers'), isLight),
        animations: 'disabled'
      });
      await page.screenshot({
        path: target(isLight ? shown('all') : 'dark', !isLight),
        animations: 'disabled'
      });
    });

    test(`pictures: dialogs and menu, ${theme}`, async ({ page, panel }) => {
      await panel.enter(...DL1);
      await panel.badge.click();
      await expect(
        panel.dialog.locator('.ctadata-Facts').first()
      ).toBeVisible();
      await panel.dialog.locator('.jp-Dialog-content').screenshot({
        path: target(isLight ? 'login' : shown('login'), isLight)
      });
      await panel.answer('Close');

      // At the row's top: the menu just fits in below.
      await panel
        .row(RUN)
        .click({ button: 'right', position: { x: 180, y: 2 } });
      await expect(panel.menu).toBeVisible();
      await page.screenshot({
        path: target(isLight ? 'menu' : shown('menu'), isLight),
        clip: { x: 0, y: 0, width: 720, height: 800 }
      });
      await page.keyboard.press('Escape');

      await panel.choose(RUN, 'Delete…');
      await expect(panel.dialog).toContainText('1 file');
      await page.screenshot({ path: target(shown('delete'), false) });
      await panel.answer('Cancel');

      await panel.crumbs.getByText('dCache', { exact: true }).click();
      await panel.enter('cta');
      await panel.row('private').dblclick();
      await expect(panel.banner).toBeVisible();
      await panel.node.screenshot({ path: target(shown('refused'), false) });
      await panel.enter('odd names');
      await panel.node.getByRole('radio', { name: 'dev' }).click();
      await expect(panel.crumbs).toContainText('dCache dev');
      await panel.node.screenshot({ path: target(shown('dev'), false) });
      await panel.choose('100% sure.txt', 'Details');
      await expect(panel.dialog.locator('.ctadata-Details')).toBeVisible();
      await page.screenshot({ path: target(shown('details'), false) });
    });

    test(`pictures: looking into a file, ${theme}`, async ({ page, panel }) => {
      await panel.enter(...DL1);
      await panel.row(RUN).dblclick();
      const tree = panel.documents.getByRole('tree');
      await tree
        .locator('[data-path="/dl1/event/telescope/parameters/LST_LSTCam"]')
        .click();
      await expect(
        panel.documents.locator('.ctadata-Preview-table')
      ).toBeVisible();
      await page.screenshot({
        path: target(isLight ? 'preview' : shown('preview'), isLight)
      });
      await panel.crumbs.getByText('dCache', { exact: true }).click();
      await panel.enter('cta', 'crab');
      await panel.row('crab_counts.fits').dblclick();
      await panel.documents
        .getByRole('tree')
        .last()
        .getByRole('treeitem')
        .first()
        .click();
      await expect(panel.documents.locator('canvas')).toBeVisible();
      await page.screenshot({ path: target(shown('fits'), false) });
    });

    test(`pictures: errors, ${theme}`, async ({ page, panel }) => {
      await page.unroute('**/ctadata-jlab/sources*');
      await panel.node.getByRole('button', { name: 'Refresh' }).click();
      await expect(panel.picker).toBeVisible();
      for (const [title, words] of [
        ['Archive', /token/],
        ['Old pool', /Old pool/]
      ] as const) {
        await panel.pick(title);
        await expect(panel.banner).toContainText(words);
        await panel.node.screenshot({
          path: target(shown(title.replace(' ', '-').toLowerCase()), false)
        });
      }
    });
  });
}

test('pictures: a narrow panel', async ({ page, panel }) => {
  await panel.start();
  await page.sidebar.setWidth(250, 'left');
  await panel.enter(...DL1);
  await expect(panel.tally).toHaveText('15 entries');
  await panel.node.screenshot({ path: target('narrow', false) });
});
