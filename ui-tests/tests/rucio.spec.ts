/** Rucio in the panel: from the scopes down to a file, a search, a dataset in the workspace; against a real server and two real doors. */

import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect } from '@playwright/test';

import { onStage } from './stage';

const test = onStage('stage_catalogue');

test('a DID is browsed, searched for, opened, and its dataset downloaded', async ({
  browser,
  stage
}) => {
  test.setTimeout(240_000);
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 }
  });
  const page = await context.newPage();
  await page.goto(stage.facts.lab);
  await page.locator('[data-id="ctadata-panel"]').click();
  const panel = page.locator('#ctadata-panel');
  const row = (name: string) =>
    panel.locator(`.jp-DirListing-item[data-ctadata-name="${name}"]`);
  const menu = page.locator('.lm-Menu');

  const crumbs = panel.locator('.jp-BreadCrumbs-item');
  const enter = async (name: string) => {
    await row(name).dblclick({ timeout: 60_000 });
    await expect(crumbs.last()).toHaveText(name);
    await expect(panel.locator('[aria-busy="true"]')).toHaveCount(0);
  };

  // Rucio searches by name and metadata.
  await panel
    .getByRole('combobox', { name: 'Storage' })
    .selectOption({ label: 'Rucio' });
  await enter('ctao');
  const box = panel.getByRole('searchbox');
  const strip = panel.locator('.ctadata-Search');
  await box.fill('project=simtel gamma');
  await box.press('Enter');
  await expect(strip).toContainText('2 found');
  await expect(row('gamma-run1')).toBeVisible();
  await expect(row('proton-run3')).toHaveCount(0);
  await strip.getByRole('button', { name: 'Close the results' }).click();
  await expect(row('proton-run3')).toBeVisible();

  // Scopes, containers, datasets, files.
  await enter('gamma');
  await enter('gamma-run1');
  await expect(row('run1.events.csv')).toBeVisible();
  await expect(panel.locator('.jp-DirListing-item')).toHaveCount(3);

  // What cannot be done is not offered.
  await row('run1.events.csv').click({ button: 'right' });
  await expect(menu.getByText('Copy to Workspace…')).toBeVisible();
  await expect(
    menu.locator('.lm-Menu-item:not(.lm-mod-disabled)').filter({
      hasText: /^(Delete|Rename|Move to…)$/
    })
  ).toHaveCount(0);
  await page.keyboard.press('Escape');

  // A file is opened: its bytes come from a door.
  await row('run1.readme.txt').dblclick();
  await expect(
    page.locator('#jp-main-dock-panel .cm-content').first()
  ).toContainText('run1.readme.txt');

  // A dataset comes to the workspace.
  await crumbs.filter({ hasText: /^gamma$/ }).click();
  await expect(crumbs.last()).toHaveText('gamma');
  await row('gamma-run2').click({ button: 'right' });
  await menu.getByText('Copy to Workspace…').click();
  await page
    .locator('.jp-Dialog')
    .getByRole('button', { name: 'Select', exact: true })
    .click();
  const job = panel.locator('.ctadata-Job').filter({ hasText: 'gamma-run2' });
  await expect(job).toContainText('3 of 3 files', { timeout: 60_000 });
  const here = path.join(stage.facts.workspace, 'gamma-run2');
  expect(fs.readdirSync(here).sort()).toEqual([
    'run2.events.csv',
    'run2.pointing.csv',
    'run2.readme.txt'
  ]);
  for (const name of fs.readdirSync(here)) {
    const text = fs.readFileSync(path.join(here, name), 'utf8');
    expect(text).toBe(`${name}\n`.repeat(2000));
  }
  const pictures = process.env.CTADATA_SCREENSHOTS
    ? path.join(__dirname, '..', '..', 'docs', 'images')
    : path.join(__dirname, '..', 'test-results', 'pictures');
  fs.mkdirSync(pictures, { recursive: true });
  // Messages come and go; the picture is of the panel.
  await page.addStyleTag({ content: '.Toastify { display: none; }' });
  const [splitter, name] = [
    page.locator('#jp-main-split-panel > .lm-SplitPanel-handle').first(),
    row('gamma-run2')
  ];
  const edge = await splitter.boundingBox();
  await page.mouse.move((edge?.x ?? 0) + 1, 400);
  await page.mouse.down();
  await page.mouse.move(420, 400, { steps: 5 });
  await page.mouse.up();
  await expect
    .poll(async () => (await name.boundingBox())?.width ?? 0)
    .toBeGreaterThan(300);
  await page.screenshot({ path: path.join(pictures, 'rucio.png') });

  // No secret has come to the browser's page or the server's log.
  const told =
    (await page.content()) + fs.readFileSync(stage.facts.log, 'utf8');
  expect(stage.secrets.length).toBeGreaterThan(1);
  for (const secret of stage.secrets) {
    expect(told).not.toContain(secret);
  }
  await context.close();
});
