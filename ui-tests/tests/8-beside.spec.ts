/** What works between the panel and the rest of JupyterLab. */

import * as fs from 'node:fs';

import { expect, galata, test } from './panel';
import { inWorkspace, lay, onDoor, textOf } from './rig';

const clipboard = (): Promise<string> => navigator.clipboard.readText();

test('the path of a file is copied', async ({ page, panel }) => {
  await panel.start();
  await panel.enter('cta', 'odd names');
  await panel.choose('run #7.txt', 'Copy Path');
  await expect
    .poll(() => page.evaluate(clipboard))
    .toBe('/cta/odd names/run #7.txt');
});

test('code for a notebook is copied', async ({ page, panel }) => {
  await panel.start();
  await panel.enter('lst', 'DL1', '20241114', 'v0.10', 'tailcut84');
  await panel.choose('dl1_LST-1.Run19620.0000.h5', 'Copy Code for a Notebook');
  await expect
    .poll(() => page.evaluate(clipboard))
    .toContain(
      "fetch_and_save_file('/lst/DL1/20241114/v0.10/tailcut84/dl1_LST-1.Run19620.0000.h5', 'dl1_LST-1.Run19620.0000.h5')"
    );
  const code = await page.evaluate(clipboard);
  expect(code).toContain('import ctadata');
  expect(code).toContain('h5py');
});

test('a file is saved on the user’s computer', async ({ page, panel, own }) => {
  lay(onDoor(own), { 'to take é.txt': 'home' });
  await panel.startIn(own);
  const coming = page.waitForEvent('download');
  await panel.choose('to take é.txt', 'Download to My Computer');
  const download = await coming;
  expect(download.suggestedFilename()).toBe('to take é.txt');
  expect(textOf(await download.path())).toBe('home');
});

test.describe('with the panel on the right', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'ctadata_jlab:plugin': { side: 'right' }
    }
  });

  test('a row that is dragged onto the file browser is downloaded', async ({
    page,
    panel,
    own,
    tmpPath
  }) => {
    lay(onDoor(own), { 'dragged.txt': 'by hand' });
    await panel.startIn(own);
    const files = page.locator('#filebrowser .jp-DirListing-content');
    await expect(files).toBeVisible();
    await drag(panel.row('dragged.txt'), files);
    await panel.expectJob('dragged.txt', 'done');
    expect(textOf(inWorkspace(tmpPath, 'dragged.txt'))).toBe('by hand');
    await expect(
      files.locator('.jp-DirListing-item').filter({ hasText: 'dragged.txt' })
    ).toBeVisible();
  });

  test('a file that is dragged from the file browser is uploaded', async ({
    page,
    panel,
    own,
    tmpPath
  }) => {
    lay(inWorkspace(tmpPath), { 'going.txt': 'up' });
    await panel.startIn(own);
    await page
      .locator('#filebrowser')
      .getByRole('button', { name: /Refresh/ })
      .click();
    const row = page
      .locator('#filebrowser .jp-DirListing-item')
      .filter({ hasText: 'going.txt' });
    await drag(row, panel.list);
    await expect(panel.row('going.txt')).toBeVisible();
    expect(textOf(onDoor(own, 'going.txt'))).toBe('up');
    expect(fs.existsSync(inWorkspace(tmpPath, 'going.txt'))).toBe(true);
  });

  /** Drag as a hand does: JupyterLab starts a drag only after some way. */
  async function drag(
    from: import('@playwright/test').Locator,
    to: import('@playwright/test').Locator
  ): Promise<void> {
    const page = from.page();
    const begin = (await from.boundingBox())!;
    const end = (await to.boundingBox())!;
    await page.mouse.move(begin.x + 40, begin.y + begin.height / 2);
    await page.mouse.down();
    await page.mouse.move(begin.x + 60, begin.y + begin.height, { steps: 5 });
    await page.mouse.move(end.x + 60, end.y + end.height - 40, { steps: 12 });
    await page.mouse.up();
  }
});
