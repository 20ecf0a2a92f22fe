/** Finding: filter, tree, paths, places, search. */

import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect, galata, LOWEST, test } from './panel';
import { inWorkspace, lay, onDoor, RUN, textOf } from './rig';

test(
  'names are filtered by a part, a glob or an expression, and counted',
  LOWEST,
  async ({ page, panel }) => {
    await panel.start();
    await panel.enter('cta', 'many');
    const box = panel.node.getByRole('searchbox');
    await expect(panel.tally).toHaveText('5,000 entries');
    await panel.row('event_00003.txt').click();
    await page.keyboard.press('Control+f');
    await expect(box).toBeFocused();

    await box.fill('event_0242');
    await expect(panel.tally).toHaveText('10 of 5,000');
    await expect(panel.rows).toHaveCount(10);
    await expect(panel.row('event_02424.txt').locator('mark')).toHaveText(
      'event_0242'
    );
    await box.fill('*_0?42?.txt');
    await expect(panel.tally).toHaveText('50 of 5,000');
    await expect(panel.rows.locator('mark')).toHaveCount(0);
    await box.fill('_0(12|34)50\\.');
    await expect(panel.empty).toHaveText('No name matches the filter.');
    await panel.node
      .getByRole('button', { name: 'Regular expression' })
      .click();
    await expect(panel.rows).toHaveCount(2);

    await box.fill('(');
    await expect(box).toHaveAttribute('aria-invalid', 'true');
    await expect(panel.tally).toHaveText('5,000 entries');

    // Another folder is shown without the filter, and Escape ends it.
    await box.fill('_0424');
    await panel.crumbs.getByText('cta', { exact: true }).click();
    await expect(panel.row('crab')).toBeVisible();
    await expect(box).toHaveValue('');
    await box.fill('crab');
    await expect(panel.rows).toHaveCount(1);
    await box.press('Escape');
    await expect(panel.row('many')).toBeVisible();
  }
);

test.describe('as a tree', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      'ctadata_jlab:plugin': { treeMode: true }
    }
  });

  test(
    'folders unfold in the list, and what lies in them is changed there',
    LOWEST,
    async ({ page, panel, own }) => {
      lay(onDoor(own), {
        'sub/deep/c.txt': 'c',
        'sub/b.txt': 'b',
        'other/x.txt': 'x',
        'a.txt': 'a'
      });
      await panel.startIn(own);
      await panel.row('sub').locator('.ctadata-Twisty').click();
      await expect(panel.row('b.txt')).toHaveAttribute('aria-level', '2');
      expect(await panel.names()).toEqual([
        'other',
        'sub',
        'deep',
        'b.txt',
        'a.txt'
      ]);

      // by the keyboard: into the folder, on to the next, unfold it, and out again
      await panel.row('sub').click();
      await page.keyboard.press('ArrowRight');
      await expect(panel.row('deep')).toHaveClass(/jp-mod-selected/);
      await page.keyboard.press('ArrowRight');
      await expect(panel.row('c.txt')).toHaveAttribute('aria-level', '3');
      await page.keyboard.press('ArrowLeft');
      await expect(panel.row('c.txt')).toHaveCount(0);
      await page.keyboard.press('ArrowLeft');
      await expect(panel.row('sub')).toHaveClass(/jp-mod-selected/);

      // a file two folders down is renamed where it is
      await panel.row('b.txt').click();
      await page.keyboard.press('F2');
      await page.locator('.jp-DirListing-editor').fill('renamed.txt');
      await page.keyboard.press('Enter');
      await expect(panel.row('renamed.txt')).toHaveAttribute('aria-level', '2');
      expect(textOf(onDoor(own, 'sub', 'renamed.txt'))).toBe('b');

      // and the list knows of files that were made behind its back
      fs.writeFileSync(onDoor(own, 'sub', 'new.txt'), 'n');
      await panel.node.getByRole('button', { name: 'Refresh' }).click();
      await expect(panel.row('new.txt')).toBeVisible({ timeout: 45_000 });
      await panel.row('sub').locator('.ctadata-Twisty').click();
      expect(await panel.names()).toEqual(['other', 'sub', 'a.txt']);
    }
  );
});

test('a place is gone to by any form of its path', async ({ page, panel }) => {
  await panel.start();
  const door = await page.evaluate(async () => {
    const { serviceManager } = window.jupyterapp;
    const { baseUrl } = serviceManager.serverSettings;
    const answer = await fetch(`${baseUrl}ctadata-jlab/sources`);
    return ((await answer.json()) as { url: string }[])[0].url;
  });
  const go = async (text: string): Promise<void> => {
    await page.evaluate(() => {
      void window.jupyterapp.commands.execute('ctadata:go-to');
    });
    await panel.dialog.getByRole('textbox').fill(text);
    await panel.answer('Go');
  };
  await go(`${door}/cta/odd%20names/`);
  await panel.expectHere('odd names');
  await go('/pnfs/cta.cscs.ch/lst/DL1');
  await panel.expectHere('DL1');
  await go('dcache:///pnfs/cta.cscs.ch/cta/crab/runs.csv');
  await panel.expectHere('crab');
  await expect(panel.row('runs.csv')).toHaveClass(/jp-mod-selected/);
  await go('../odd names');
  await panel.expectHere('odd names');
  await go('https://elsewhere.example:2880/cta');
  await expect(panel.banner).toContainText('elsewhere.example');
  await panel.expectHere('odd names');

  // JupyterLab's own field for a path takes them, too
  const { width, height } = (await panel.crumbs.boundingBox())!;
  await panel.crumbs.click({ position: { x: width - 8, y: height / 2 } });
  const field = panel.crumbs.locator('input');
  await field.fill(`${door}/lst/logs`);
  await field.press('Enter');
  await panel.expectHere('logs');
});

test('my folder, bookmarks and recent folders are one menu away, also after a reload', async ({
  page,
  panel
}) => {
  await panel.start();
  await panel.enter('lst', 'DL1', '20241114');
  const places = panel.node.getByRole('button', { name: 'Places' });
  const item = (text: string | RegExp) =>
    panel.menu.locator('.lm-Menu-item').filter({ hasText: text });
  await places.click();
  await item('Bookmark This Folder').click();
  await places.click();
  const saved = panel.saved(
    /"ctadata_jlab:recent":\{"paths":\[[^\]]*20241114/,
    /"ctadata_jlab:place":\{"path":"[^"]*dcache\/?"\}/
  );
  await item('My Folder').click();
  await expect(panel.row('cta')).toBeVisible();
  await saved;
  await panel.reload();
  await places.click();
  await expect(item('/lst/DL1/20241114')).toHaveCount(2); // bookmarked, and been there
  await item('/lst/DL1/20241114').first().click();
  await panel.expectHere('20241114');
  await places.click();
  await item('Remove the Bookmark').click();
  await places.click();
  await expect(item('/lst/DL1/20241114')).toHaveCount(0);
  await page.keyboard.press('Escape');
});

test('a search below a folder shows what it finds, where it lies, and can be stopped', async ({
  panel,
  own,
  tmpPath
}) => {
  lay(onDoor(own), {
    'a/one needle.txt': '1',
    'a/b/c/needle 2.txt': '2',
    'hay.txt': '',
    ...Object.fromEntries(
      Array.from({ length: 150 }, (_, k) => [`folders/f${k}/hay.txt`, ''])
    )
  });
  await panel.startIn(own);
  const box = panel.node.getByRole('searchbox');
  const strip = panel.node.locator('.ctadata-Search');
  await box.fill('NEEDLE');
  await box.press('Enter');
  await expect(strip).toContainText('2 found, 155 folders searched');
  await expect(panel.rows).toHaveCount(2);
  await expect(panel.row('needle 2.txt')).toHaveAttribute(
    'data-ctadata-folder',
    'a/b/c'
  );
  // It is the very file that is renamed.
  await panel.row('needle 2.txt').click();
  await panel.page.keyboard.press('F2');
  await panel.page.locator('.jp-DirListing-editor').fill('found.txt');
  await panel.page.keyboard.press('Enter');
  await expect
    .poll(() => textOf(onDoor(own, 'a', 'b', 'c', 'found.txt')))
    .toBe('2');

  // What is found is as good as any row.
  await panel.row('one needle.txt').dblclick();
  await expect(
    panel.documents.locator('.jp-FileEditor:visible .cm-content')
  ).toContainText('1');
  await panel.choose('one needle.txt', /^Copy to “/);
  await panel.expectJob('one needle.txt', 'done');
  expect(textOf(inWorkspace(tmpPath, 'one needle.txt'))).toBe('1');
  await panel.choose('one needle.txt', 'Show in Its Folder');
  await panel.expectHere('a');
  await expect(strip).toBeHidden();
  await expect(panel.row('one needle.txt')).toHaveClass(/jp-mod-selected/);
  await panel.crumbs.getByText(own, { exact: true }).click();
  await panel.expectHere(own);

  await box.fill('NEEDLE');
  await box.press('Enter');
  await expect(strip).toContainText('1 found');
  await strip.getByRole('button', { name: 'Close the results' }).click();
  await expect(panel.row('hay.txt')).toBeVisible();
  await expect(strip).toBeHidden();

  const gone = panel.page.waitForEvent('requestfailed', request =>
    request.url().includes('/search/')
  );
  await panel.page.route('**/ctadata-jlab/search/**', () => undefined); // for ever under way
  await box.fill('hay');
  await box.press('Enter');
  await strip.getByRole('button', { name: 'Stop' }).click();
  await gone;
  await expect(strip.getByRole('button', { name: 'Stop' })).toHaveCount(0);
});

test('a storage is tried, added, changed and removed in dialogs', async ({
  panel
}) => {
  await panel.start();
  const config = path.join(RUN, 'ctadata.toml');
  const before = fs.readFileSync(config, 'utf8');
  const places = panel.node.getByRole('button', { name: 'Places' });
  const choose = async (text: string): Promise<void> => {
    await places.click();
    await panel.menu.locator('.lm-Menu-item').filter({ hasText: text }).click();
  };
  const field = (label: string) =>
    panel.dialog.getByLabel(label, { exact: true });
  await choose('Add a Storage…');
  await field('Name (letters, digits, -)').fill('mine');
  await field('Title').fill('My own');
  await field('Kind').selectOption('webdav');
  await field('Address (URL)').fill('http://127.0.0.1:9');
  await field('Login').selectOption('file');
  await field('File with the token or password').fill(
    path.join(RUN, 'dcache-dev.token')
  );
  const said = panel.dialog.getByRole('status');
  await panel.answer('Test');
  await expect(said).toContainText('My own');
  const url = /\[sources.dcache-dev\][^[]*url = "([^"]+)"/.exec(before)![1];
  await field('Address (URL)').fill(url);
  await panel.answer('Test');
  await expect(said).toHaveText('It answers, and / can be listed.');
  expect(fs.readFileSync(config, 'utf8')).toBe(before);
  await panel.answer('Save');
  await expect(panel.crumbs).toContainText('My own');
  await expect(panel.row('cta')).toBeVisible();

  await choose('Edit “My own”…');
  await field('Folder that is shown').fill('/cta');
  await panel.answer('Save');
  await expect(panel.row('odd names')).toBeVisible();
  await choose('Remove “My own”…');
  await panel.answer('Remove');
  await expect(panel.crumbs).toContainText('dCache');
  expect(fs.readFileSync(config, 'utf8').trim()).toBe(before.trim());
});
