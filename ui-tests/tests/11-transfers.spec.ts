/** The list of transfers, details, and what the keyboard does. */

import * as fs from 'node:fs';

import { expect, test } from './panel';
import { notebookOf } from './cells';
import { BULK, inWorkspace, lay, onDoor, setSpeed, textOf } from './rig';

const HERE = /^Copy to “workspace/;

test('the files of a transfer are shown on demand, with few rows in the page', async ({
  panel,
  own
}) => {
  const files: Record<string, string> = {};
  for (let n = 0; n < 300; n += 1) {
    files[`f${String(n).padStart(3, '0')}.txt`] = `${n}`;
  }
  lay(onDoor(own, 'many'), files);
  await panel.startIn(own);
  await panel.choose('many', HERE);
  await panel.expectJob('many', 'done');
  const asked: string[] = [];
  panel.page.on('request', request => {
    if (request.url().includes('/items?')) {
      asked.push(request.url());
    }
  });
  const job = panel.job('many');
  await job.getByRole('button', { name: 'Files of many' }).click();
  const list = job.locator('.ctadata-JobItems');
  await expect(list.locator('li').first()).not.toHaveText('…');
  expect(await list.locator('li').count()).toBeLessThan(40);
  await list.evaluate(node => node.scrollTo(0, node.scrollHeight));
  // in the order in which the storage lists them; the folder itself is one
  await expect(list.locator('[data-n="299"]')).toContainText(/^f\d+\.txt/);
  expect(await list.locator('li').count()).toBeLessThan(40);
  expect(asked.length).toBe(2);
});

test('a transfer shows its speed, survives a reload, and is run again from the history', async ({
  page,
  panel,
  tmpPath
}) => {
  await panel.start();
  await panel.enter('cta', 'simulations');
  setSpeed(20_000_000);
  await panel.choose(BULK, HERE);
  await panel.expectJob(BULK, 'running');
  await expect(panel.job(BULK).locator('.ctadata-Sparkline')).toBeVisible();
  const limit = panel.node.getByLabel('How fast all transfers together');
  await limit.selectOption({ label: 'At most 5 MB/s' });
  await panel.reload();
  await expect(limit).toHaveValue(String(5 << 20));
  await panel.expectJob(BULK, 'running');
  setSpeed(0);
  await limit.selectOption({ label: 'No speed limit' });
  await panel.expectJob(BULK, 'done');
  await panel.job(BULK).locator('.ctadata-Job-title').click();
  await panel.dialog.getByText('What happened').click();
  await expect(panel.dialog.locator('pre')).toContainText(/\d\d:\d\d/);
  await panel.answer('Close');
  await expect(panel.node.locator('.ctadata-Transfers h4')).toHaveText(
    'History'
  );
  fs.rmSync(inWorkspace(tmpPath, BULK));
  await panel.job(BULK).getByRole('button', { name: 'Run again' }).click();
  await expect(panel.node.locator('.ctadata-Job')).toHaveCount(2);
  await panel.expectJob(BULK, 'done');
  expect(fs.statSync(inWorkspace(tmpPath, BULK)).size).toBe(200 << 20);
});

test('a transfer that waits can be taken earlier', async ({ panel, own }) => {
  const names = ['one', 'two', 'three', 'four'];
  for (const name of names) {
    fs.mkdirSync(onDoor(own, name), { recursive: true });
    fs.copyFileSync(
      onDoor('cta', 'simulations', BULK),
      onDoor(own, name, `${name}.zst`)
    );
  }
  await panel.startIn(own);
  setSpeed(1_000_000);
  for (const name of names) {
    await panel.choose(name, HERE);
    await expect(panel.job(name)).toBeVisible();
  }
  await expect(panel.job('one')).toHaveAttribute('data-state', 'running');
  await expect(panel.job('four')).toHaveAttribute('data-state', 'waiting');
  const waiting = panel.node.locator('.ctadata-Job[data-state="waiting"]');
  await expect(waiting).toHaveCount(2);
  await expect(waiting.first()).toContainText('three');
  await panel
    .job('four')
    .getByRole('button', { name: 'Take it earlier' })
    .click();
  await expect(waiting.first()).toContainText('four');
});

test('details tell all forms of the path, and what a folder holds', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own, 'data'), { 'a.txt': 'x'.repeat(1500), 'sub/b.txt': 'y' });
  await panel.startIn(own);
  await panel.choose('data', 'Details');
  await expect(panel.dialog).toContainText(`ctadata://dcache/${own}/data`);
  await expect(panel.dialog).toContainText(
    new RegExp(`http://127\\.0\\.0\\.1:\\d+/${own.replace(' ', '%20')}/data`)
  );
  await panel.dialog
    .getByRole('button', { name: 'Copy: Path', exact: true })
    .click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toBe(`/${own}/data`);
  await panel.answer('Count what is inside');
  await expect(panel.dialog).toContainText('In all 2 files with 1.5 KB.');
  await panel.answer('Close');
});

test('a local copy is verified against the storage', async ({
  page,
  panel,
  own,
  tmpPath
}) => {
  lay(onDoor(own), { 'original.txt': 'the same bytes' });
  lay(inWorkspace(tmpPath), { 'copy.txt': 'the same bytes' });
  await panel.startIn(own);
  await panel.choose('original.txt', 'Details');
  const chooser = page.locator('.jp-Open-Dialog');
  const verify = async (): Promise<void> => {
    await panel.answer('Verify a Local Copy…');
    await chooser
      .locator('.jp-DirListing-item')
      .filter({ hasText: 'copy.txt' })
      .click();
    await panel.answer('Select');
  };
  await verify();
  await expect(panel.dialog).toContainText('is the same');
  await expect(panel.dialog).toContainText(/adler32|md5|sha/);
  lay(inWorkspace(tmpPath), { 'copy.txt': 'the same bytez' });
  await verify();
  await expect(panel.dialog).toContainText('is not the same');
  await panel.answer('Close');
});

test('a notebook of the storage gets a kernel that knows its path, and starts in the workspace', async ({
  page,
  panel,
  own,
  tmpPath
}) => {
  const notebook = notebookOf(['import os; print("at", os.getcwd())']);
  lay(onDoor(own), { 'far.ipynb': notebook });
  // a local folder that is called alike must not be taken for it
  fs.mkdirSync(inWorkspace('dcache', own), { recursive: true });
  await panel.startIn(own);
  await panel.row('far.ipynb').dblclick();
  const cell = page.locator('.jp-Notebook .jp-CodeCell').first();
  await expect(page.getByText('Python 3 (ipykernel) | Idle')).toBeVisible({
    timeout: 40_000
  });
  await cell.locator('.cm-content').click();
  await page.keyboard.press('Shift+Enter');
  await expect(cell.locator('.jp-OutputArea-output')).toHaveText(
    `at ${inWorkspace()}`,
    { timeout: 40_000 }
  );
  const base = page.url().replace(/\/lab.*$/, '');
  const sessions = (await (
    await page.request.get(`${base}/api/sessions`)
  ).json()) as { path: string }[];
  expect(sessions.map(session => session.path)).toContain(
    `ctadata:dcache/${own}/far.ipynb`
  );
  fs.rmSync(inWorkspace('dcache'), { recursive: true });
  expect(textOf(inWorkspace(tmpPath, 'far.ipynb'))).toBeNull();
});

test('all is selected, and taken away, by keys', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
  await panel.startIn(own);
  await panel.row('b.txt').click();
  await page.keyboard.press('Control+a');
  await expect(panel.list.locator('.jp-mod-selected')).toHaveCount(3);
  await page.keyboard.press('Delete');
  await expect(panel.dialog).toContainText('3 files');
  await panel.dialog.locator('.jp-mod-accept').click();
  await expect(panel.rows).toHaveCount(0);
  expect(fs.readdirSync(onDoor(own))).toEqual([]);
});
