/** Opening, and saving back. */

import * as fs from 'node:fs';

import { expect, LOWEST, test } from './panel';
import { BULK, lay, onDoor, textOf } from './rig';

test('a log, a table, a picture and a notebook open in their viewers', async ({
  panel
}) => {
  await panel.start();
  await panel.enter('lst', 'logs');
  await panel.row('lstosa_20241114.log').dblclick();
  await expect(
    panel.documents.locator('.jp-FileEditor:visible .cm-content')
  ).toContainText('r0_to_dl1 Run19620.0000');

  await panel.crumbs.getByText('dCache', { exact: true }).click();
  await expect(panel.row('cta')).toBeVisible();
  await panel.enter('cta', 'crab');
  await panel.row('runs.csv').dblclick();
  await expect(
    panel.documents.locator('.jp-CSVViewer:visible .lm-DataGrid')
  ).toBeVisible();

  await panel.row('shower.png').dblclick();
  const picture = panel.documents.locator('.jp-ImageViewer:visible img');
  await expect(picture).toBeVisible();
  await expect
    .poll(() =>
      picture.evaluate(node => (node as HTMLImageElement).naturalWidth)
    )
    .toBe(240);

  await panel.row('crab first look.ipynb').dblclick();
  await expect(
    panel.documents
      .locator('.jp-Notebook:visible')
      .getByRole('heading', { name: 'Crab, a first look' })
  ).toBeVisible();
});

test(
  'a text is edited and saved back',
  LOWEST,
  async ({ page, panel, own }) => {
    lay(onDoor(own), { 'notes é.txt': 'one line\n' });
    await panel.startIn(own);
    await panel.row('notes é.txt').dblclick();
    const editor = panel.documents.locator(
      '.jp-FileEditor:visible .cm-content'
    );
    await expect(editor).toContainText('one line');
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('second line: ü');
    await page.keyboard.press('Control+s');
    await expect
      .poll(() => textOf(onDoor(own, 'notes é.txt')))
      .toBe('one line\nsecond line: ü');
    await expect(panel.dialog).toHaveCount(0);
  }
);

test('a save over somebody else’s change is not done unasked', async ({
  page,
  panel,
  own
}) => {
  const file = onDoor(own, 'shared.txt');
  lay(onDoor(own), { 'shared.txt': 'mine\n' });
  await panel.startIn(own);
  await panel.row('shared.txt').dblclick();
  const editor = panel.documents.locator('.jp-FileEditor:visible .cm-content');
  await expect(editor).toContainText('mine');

  fs.writeFileSync(file, 'theirs, and longer\n');
  const later = new Date(Date.now() + 60_000);
  fs.utimesSync(file, later, later);
  await editor.click();
  await page.keyboard.type('x');
  await page.keyboard.press('Control+s');
  await expect(panel.dialog).toBeVisible();
  await expect(panel.dialog).toContainText(/changed/i);
  expect(textOf(file)).toBe('theirs, and longer\n');
  await panel.answer('Cancel');
  expect(textOf(file)).toBe('theirs, and longer\n');
});

test('a file that is too large is not opened: its beginning is shown, or it is downloaded', async ({
  page,
  panel
}) => {
  await panel.start();
  await panel.enter('cta', 'simulations');
  const sent: string[] = [];
  page.on('response', response => {
    if (response.url().includes('/files/')) {
      const length = response.headers()['content-length'];
      sent.push(`${response.status()} ${length}`);
    }
  });
  await panel.row(BULK).dblclick();
  await expect(panel.dialog).toContainText('Too large to open');
  await expect(panel.dialog).toContainText('200 MB');
  await expect(
    panel.dialog.getByRole('button', { name: 'Copy to Workspace…' })
  ).toBeVisible();
  await panel.answer('Show the Beginning');
  const preview = panel.documents.locator('.ctadata-Preview');
  await expect(preview).toContainText('of 200 MB, read-only');
  await expect(preview.locator('pre')).toContainText('00000000');
  expect(sent).toEqual([`206 ${1024 * 1024}`]);
  await expect(panel.documents.locator('.jp-FileEditor')).toHaveCount(0);
});

test('an HDF5 file shows its structure and a table, and is not downloaded', async ({
  page,
  panel
}) => {
  await panel.start();
  await panel.enter('lst', 'DL1', '20241114', 'v0.10', 'tailcut84');
  const sent: string[] = [];
  page.on('request', request => {
    if (/\/(files|contents)\/.*\.h5/.test(request.url())) {
      sent.push(request.url());
    }
  });
  await panel.row('dl1_LST-1.Run19620.0000.h5').dblclick();
  const tree = panel.documents.getByRole('tree', { name: 'Structure' });
  await tree
    .locator('[data-path="/dl1/event/telescope/parameters/LST_LSTCam"]')
    .click();
  const part = panel.documents.locator('.ctadata-Preview-part');
  await expect(part.locator('table.ctadata-Preview-table')).toContainText(
    'intensity'
  );
  await expect(part.locator('.ctadata-Preview-bars').first()).toBeVisible();
  await tree.press('ArrowUp');
  await expect(tree.locator('[aria-selected="true"]')).toHaveCount(1);
  expect(sent).toEqual([]);
});

test('a FITS file shows its HDUs, a header and a picture, also after a reload', async ({
  page,
  panel
}) => {
  await panel.start();
  await panel.enter('cta', 'crab');
  const saved = panel.saved(/"ctadata-preview:structure:[^"]*crab_counts/);
  await panel.row('crab_counts.fits').dblclick();
  const tree = panel.documents.getByRole('tree', { name: 'Structure' });
  await tree.getByRole('treeitem').first().click();
  const part = panel.documents.locator('.ctadata-Preview-part');
  await part.getByText('Header', { exact: true }).click();
  await expect(part.locator('.ctadata-Preview-header')).toContainText('SIMPLE');
  await expect(part.locator('canvas')).toBeVisible();
  await saved;
  // Galata's own reload waits for the launcher to be in front.
  const loaded = page.waitForEvent('load');
  await page.evaluate(() => window.location.reload());
  await loaded;
  await expect(tree.getByRole('treeitem').first()).toBeVisible();
});
