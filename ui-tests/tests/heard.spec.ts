/** What is told when something is over: by JupyterLab's notifications, and to those who listen. */

import * as fs from 'node:fs';

import { expect, test } from './together';
import { inWorkspace, lay, onDoor, textOf } from './rig';

test('the end of a transfer is notified and heard, and why one failed is said', async ({
  page,
  panel,
  own,
  tmpPath
}) => {
  lay(onDoor(own), { 'good.txt': 'good', 'gone.txt': 'soon' });
  await panel.startIn(own);
  const toast = page.locator('.jp-toastContainer').getByRole('alert');
  const heard = panel.node
    .locator('.ctadata-Transfers')
    .getByRole('status')
    .first();
  await panel.choose('good.txt', /^Copy to “workspace/);
  await expect(toast.filter({ hasText: 'good.txt: done' })).toBeVisible();
  await expect(heard).toHaveText('good.txt: done');
  expect(textOf(inWorkspace(tmpPath, 'good.txt'))).toBe('good');

  fs.rmSync(onDoor(own, 'gone.txt'));
  await panel.choose('gone.txt', /^Copy to “workspace/);
  await panel.expectJob('gone.txt', 'failed');
  await expect(toast.filter({ hasText: 'gone.txt: failed:' })).toBeVisible();
  await expect(heard).toContainText('gone.txt: failed:');
  const why = panel.job('gone.txt').locator('.ctadata-Job-error');
  await expect(why).not.toBeEmpty();
  await expect(panel.job('gone.txt').getByRole('alert')).toHaveCount(0); // it is said once
});

test('a question is heard, and so are how many entries came and how many pass the filter', async ({
  panel,
  own,
  tmpPath
}) => {
  lay(inWorkspace(tmpPath), { 'taken.txt': 'mine' });
  lay(onDoor(own), { 'taken.txt': 'theirs', 'other.txt': '', 'a.log': '' });
  await panel.startIn(own);
  const line = panel.node.getByRole('status').and(panel.tally);
  await expect(line).toHaveText('3 entries');
  await panel.node.getByRole('searchbox').fill('.txt');
  await expect(line).toHaveText('2 of 3');
  await panel.node.getByRole('searchbox').fill('nowhere');
  await expect(panel.node.getByRole('status').and(panel.empty)).toHaveText(
    'No name matches the filter.'
  );
  await panel.node.getByRole('searchbox').fill('');
  await panel.choose('taken.txt', /^Copy to “workspace/);
  await panel.expectJob('taken.txt', 'blocked');
  await expect(
    panel.node.locator('.ctadata-Transfers').getByRole('status').first()
  ).toHaveText('taken.txt: asks you');
  await panel
    .job('taken.txt')
    .getByRole('button', { name: 'Skip', exact: true })
    .click();
  await panel.expectJob('taken.txt', 'done');
  expect(textOf(inWorkspace(tmpPath, 'taken.txt'))).toBe('mine');
});
