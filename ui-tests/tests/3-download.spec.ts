/** Downloads to the workspace. */

import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect, LOWEST, test } from './together';
import {
  BULK,
  hashOf,
  inWorkspace,
  lay,
  onDoor,
  setSpeed,
  textOf,
  treeOf
} from './rig';

test('a folder comes to the workspace, with its progress seen', async ({
  page,
  panel,
  own,
  tmpPath
}) => {
  fs.mkdirSync(onDoor(own, 'run', 'deep'), { recursive: true });
  fs.copyFileSync(onDoor('cta', 'simulations', BULK), onDoor(own, 'run', BULK));
  lay(onDoor(own, 'run'), {
    'a b %.txt': 'one',
    'deep/é.txt': 'two',
    'empty.txt': ''
  });
  await panel.startIn(own);
  setSpeed(30_000_000);
  await panel.choose('run', 'Copy to Workspace…');
  await expect(panel.dialog).toBeVisible();
  await panel.answer('Select');

  await panel.expectJob('run', 'running');
  const bar = panel.job('run').getByRole('progressbar');
  await expect(bar).toHaveAttribute('aria-valuenow', /^([1-9]|[1-9]\d)$/);
  await expect(panel.job('run')).toContainText('downloading');
  await expect(panel.job('run')).toContainText('MB/s');
  await expect(panel.job('run')).toContainText('left');
  await expect(page.locator('#jp-main-statusbar')).toContainText('1 transfer');
  setSpeed(0);
  await panel.expectJob('run', 'done');
  await expect(panel.job('run')).toContainText('4 of 4 files');
  await expect(bar).toHaveCount(0);
  expect(treeOf(inWorkspace(tmpPath, 'run'))).toEqual(
    treeOf(onDoor(own, 'run'))
  );

  await panel.tab('filebrowser').click();
  await expect(
    page.locator('#filebrowser .jp-DirListing-item').filter({ hasText: /^run/ })
  ).toBeVisible();
});

test(
  'a file comes into the folder of the file browser by one click',
  LOWEST,
  async ({ panel, own, tmpPath }) => {
    lay(onDoor(own), { 'single.txt': 'all of it' });
    await panel.startIn(own);
    await panel.choose('single.txt', /^Copy to “workspace/);
    await panel.expectJob('single.txt', 'done');
    expect(textOf(inWorkspace(tmpPath, 'single.txt'))).toBe('all of it');
  }
);

test('a download is cancelled and leaves no file of that name', async ({
  panel,
  tmpPath
}) => {
  await panel.start();
  await panel.enter('cta', 'simulations');
  setSpeed(5_000_000);
  await panel.choose(BULK, /^Copy to “workspace/);
  await panel.expectJob(BULK, 'running');
  await expect(panel.job(BULK).getByRole('progressbar')).toHaveAttribute(
    'aria-valuenow',
    /^[1-9]/
  );
  await panel.job(BULK).getByRole('button', { name: 'Cancel' }).click();
  await panel.expectJob(BULK, 'cancelled');
  expect(fs.existsSync(inWorkspace(tmpPath, BULK))).toBe(false);

  setSpeed(0);
  await panel
    .job(BULK)
    .getByRole('button', { name: 'Try again what is missing' })
    .click();
  await panel.expectJob(BULK, 'done');
  expect(hashOf(inWorkspace(tmpPath, BULK))).toBe(
    hashOf(onDoor('cta', 'simulations', BULK))
  );
});

test('a download that fails says why, and succeeds when what was wrong is mended', async ({
  panel,
  own,
  tmpPath
}) => {
  lay(onDoor(own), { 'came back.txt': 'all of it' });
  await panel.startIn(own);
  await expect(panel.row('came back.txt')).toBeVisible();
  fs.renameSync(onDoor(own, 'came back.txt'), onDoor(`${own} elsewhere`));
  await panel.choose('came back.txt', /^Copy to “workspace/);
  await panel.expectJob('came back.txt', 'failed');
  const job = panel.job('came back.txt');
  const why = job.locator('.ctadata-Job-error');
  await expect(why.locator('div')).toHaveCount(2); // why, and what to do
  await expect(why).toContainText('came back.txt');
  expect(textOf(inWorkspace(tmpPath, 'came back.txt'))).toBeNull();

  fs.renameSync(onDoor(`${own} elsewhere`), onDoor(own, 'came back.txt'));
  await job.getByRole('button', { name: 'Try again what is missing' }).click();
  await panel.expectJob('came back.txt', 'done');
  await expect(why).toHaveCount(0);
  expect(textOf(inWorkspace(tmpPath, 'came back.txt'))).toBe('all of it');
});

test('a download is paused and goes on', async ({ panel, tmpPath }) => {
  await panel.start();
  await panel.enter('cta', 'simulations');
  setSpeed(5_000_000);
  await panel.choose(BULK, /^Copy to “workspace/);
  await panel.expectJob(BULK, 'running');
  await panel.job(BULK).getByRole('button', { name: 'Pause' }).click();
  await panel.expectJob(BULK, 'paused');
  setSpeed(0);
  await panel.job(BULK).getByRole('button', { name: 'Go on' }).click();
  await panel.expectJob(BULK, 'done');
  expect(fs.statSync(inWorkspace(tmpPath, BULK)).size).toBe(200 << 20);
});

for (const [label, kept] of [
  ['Skip', 'mine'],
  ['Replace', 'from the storage']
] as const) {
  test(`a target that exists is asked about: ${label}`, async ({
    panel,
    own,
    tmpPath
  }) => {
    const name = `result ${label}.txt`;
    lay(onDoor(own), { [name]: 'from the storage' });
    lay(inWorkspace(tmpPath), { [name]: 'mine' });
    await panel.startIn(own);
    await panel.choose(name, /^Copy to “workspace/);
    await panel.expectJob(name, 'blocked');
    const row = panel.job(name);
    await expect(row).toContainText('asks you');
    await expect(row).toContainText('exists already in the workspace');
    await expect(row).not.toContainText('For all of them');
    await expect(row.getByRole('progressbar')).toHaveCount(0);
    await expect(row).toContainText(path.basename(name));
    expect(textOf(inWorkspace(tmpPath, name))).toBe('mine');
    await row.getByRole('button', { name: label, exact: true }).click();
    await panel.expectJob(name, 'done');
    expect(textOf(inWorkspace(tmpPath, name))).toBe(kept);
  });
}
