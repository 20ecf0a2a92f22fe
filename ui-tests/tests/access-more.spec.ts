/** What axe finds in dialogs, menus, previews and questions, in all themes. */

import { MENU, serious } from './axe';
import { expect, test } from './together';
import type { Panel } from './together';
import { BULK, inWorkspace, lay, onDoor } from './rig';

const THEMES = [
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast',
  'JupyterLab Light'
];

/** What is serious of what axe finds in a part of the page; of the contrast in each theme, but for menus. */
async function seriousIn({ page }: Panel, part: string): Promise<string[]> {
  const found: string[] = [];
  const last = THEMES[THEMES.length - 1];
  for (const theme of part === MENU ? [last] : THEMES) {
    if ((await page.theme.getTheme()) !== theme) {
      await page.theme.setTheme(theme);
    }
    const some = await serious(page, part, theme !== last);
    found.push(...some.map(one => `${theme}: ${one}`));
  }
  return found;
}

test('axe finds nothing serious in the dialogs and menus, in all themes', async ({
  page,
  panel,
  own
}) => {
  test.slow(); // axe looks at every element, in three themes
  lay(onDoor(own, 'full'), { 'one.txt': '1' });
  await panel.startIn(own);
  await panel.choose('full', 'Delete…');
  await expect(panel.dialog.getByLabel('To confirm, type')).toBeVisible();
  expect(await seriousIn(panel, '.jp-Dialog')).toEqual([]);
  await panel.answer('Cancel');

  await panel.crumbs.getByText('dCache', { exact: true }).click();
  await expect(panel.row('cta')).toBeVisible();
  const places = panel.node.getByRole('button', { name: 'Places' });
  await places.click();
  await expect(panel.menu).toBeVisible();
  expect(await seriousIn(panel, MENU)).toEqual([]);
  await panel.menu
    .locator('.lm-Menu-item')
    .filter({ hasText: 'Add a Storage…' })
    .click();
  await panel.answer('Test');
  await expect(panel.dialog.getByRole('status')).not.toBeEmpty();
  expect(await seriousIn(panel, '.jp-Dialog')).toEqual([]);
  await panel.answer('Cancel');

  await page.evaluate(() => {
    void window.jupyterapp.commands.execute('ctadata:go-to');
  });
  await expect(panel.dialog.getByRole('textbox')).toBeVisible();
  expect(await seriousIn(panel, '.jp-Dialog')).toEqual([]);
  await panel.answer('Cancel');

  await panel.enter('cta', 'simulations');
  await panel.row(BULK).dblclick();
  await expect(panel.dialog).toContainText('Too large to open');
  expect(await seriousIn(panel, '.jp-Dialog')).toEqual([]);
  await panel.answer('Cancel');

  await panel.row(BULK).click({ button: 'right' });
  await expect(panel.menu).toBeVisible();
  expect(await seriousIn(panel, MENU)).toEqual([]);
  await page.keyboard.press('Escape');
});

test('axe finds nothing serious in transfers, questions and results, in all themes', async ({
  panel,
  own,
  tmpPath
}) => {
  test.slow();
  lay(onDoor(own), { 'good.txt': 'good', 'taken.txt': 't', 'sub/good 2': '2' });
  lay(inWorkspace(tmpPath), { 'taken.txt': 'mine' });
  await panel.startIn(own);
  await panel.choose('good.txt', /^Copy to “workspace/);
  await panel.expectJob('good.txt', 'done');
  await panel.choose('taken.txt', /^Copy to “workspace/);
  await panel.expectJob('taken.txt', 'blocked');
  await panel
    .job('good.txt')
    .getByRole('button', { name: /^Files of/ })
    .click();
  await expect(
    panel.job('good.txt').locator('.ctadata-JobItems li').first()
  ).toContainText('good.txt');
  const box = panel.node.getByRole('searchbox');
  await box.fill('good');
  await box.press('Enter');
  await expect(panel.node.locator('.ctadata-Search')).toContainText('2 found');
  expect(await seriousIn(panel, '#ctadata-panel')).toEqual([]);
  await panel.node.getByRole('button', { name: 'Close the results' }).click();

  await panel.job('good.txt').locator('.ctadata-Job-title').click();
  await panel.dialog.getByText('What happened').click();
  await expect(panel.dialog.locator('pre')).not.toBeEmpty();
  expect(await seriousIn(panel, '.jp-Dialog')).toEqual([]);
  await panel.answer('Close');
});

test('axe finds nothing serious in the previews, in all themes', async ({
  panel
}) => {
  test.slow();
  await panel.start();
  await panel.enter('cta', 'crab');
  await panel.row('crab_counts.fits').dblclick();
  const tree = panel.documents.getByRole('tree', { name: 'Structure' });
  await tree.getByRole('treeitem').first().click();
  const part = panel.documents.locator('.ctadata-Preview-part:visible');
  await expect(part.locator('canvas')).toBeVisible();
  await part.getByText('Header', { exact: true }).click();
  expect(await seriousIn(panel, '.ctadata-Preview')).toEqual([]);

  await panel.crumbs.getByText('dCache', { exact: true }).click();
  await expect(panel.row('lst')).toBeVisible();
  await panel.enter('lst', 'DL1', '20241114', 'v0.10', 'tailcut84');
  await panel.row('dl1_LST-1.Run19620.0000.h5').dblclick();
  const table = panel.documents.locator('.ctadata-Preview:visible');
  await table
    .locator('[data-path="/dl1/event/telescope/parameters/LST_LSTCam"]')
    .click();
  await expect(table.locator('.ctadata-Preview-bars').first()).toBeVisible();
  expect(
    await seriousIn(panel, '.ctadata-Preview:not(.lm-mod-hidden)')
  ).toEqual([]);
});
