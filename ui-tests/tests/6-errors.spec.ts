/** What users are told when a login or a storage is not as it should be. */

import { expect, forgetToken, startJob, test } from './panel';
import { PoolDoor, spoilArchive, tokenOf } from './rig';

test('the badge tells that the door does not take the token', async ({
  panel
}) => {
  await panel.start();
  await panel.pick('Archive');
  await expect(panel.banner).toBeVisible();
  await expect(panel.badge).toHaveClass(/ctadata-mod-bad/);
});

test('a text that is no token is refused in the dialog', async ({ panel }) => {
  await panel.start();
  await panel.pick('Archive');
  await panel.badge.click();
  await expect(panel.dialog).toContainText('Login to Archive');
  await panel.dialog.getByRole('textbox').fill('two words\nand a line');
  await panel.answer('Use this token');
  await expect(panel.dialog.getByRole('alert')).toBeVisible();
  await expect(panel.dialog.getByRole('alert')).toContainText(/token/i);
  await panel.answer('Close');
});

test('a dead door is told with a hint, and tried again', async ({ panel }) => {
  const door = new PoolDoor();
  try {
    await panel.start();
    await panel.pick('Old pool');
    await expect(panel.banner).toBeVisible();
    await expect(panel.banner).toContainText('Old pool');
    await expect(panel.banner).toContainText(/network|try again/i);
    await expect(panel.rows).toHaveCount(0);

    await door.open();
    await panel.banner.getByRole('button', { name: 'Try again' }).click();
    await expect(panel.row('old data.txt')).toBeVisible();
    await expect(panel.banner).toBeHidden();

    await door.close();
    await panel.node.getByRole('button', { name: 'Refresh' }).click();
    await expect(panel.banner).toBeVisible({ timeout: 30_000 });
    await expect(panel.row('old data.txt')).toBeVisible();
  } finally {
    await door.close();
  }
});

test('the other storages work beside a dead one', async ({ panel }) => {
  await panel.start();
  await panel.pick('Old pool');
  await expect(panel.banner).toBeVisible();
  await panel.pick('dCache');
  await expect(panel.row('cta')).toBeVisible();
  await expect(panel.banner).toBeHidden();
});

test('a wrong token is told in words, and a good one mends it', async ({
  panel,
  request,
  baseURL
}) => {
  await panel.start();
  await panel.pick('Archive');
  await expect(panel.banner).toBeVisible();
  await expect(panel.banner).toContainText(/token|log ?in/i);
  await expect(panel.banner.locator('.ctadata-Banner-text')).not.toContainText(
    /\b40[13]\b|Error\b/
  );
  await expect(panel.rows).toHaveCount(0);

  try {
    await panel.banner.getByRole('button', { name: 'Log in…' }).click();
    await expect(panel.dialog).toContainText('Login to Archive');
    await panel.dialog.getByRole('textbox').fill(tokenOf('dcache'));
    await panel.answer('Use this token');
    await expect(panel.row('cta')).toBeVisible();
    await expect(panel.banner).toBeHidden();
    await expect(panel.badge).toContainText('Demo User');
    await expect(panel.badge).toHaveClass(/ctadata-mod-ok/);
  } finally {
    // As it was: the server forgets the good one, the file has the bad one.
    await forgetToken(request, baseURL ?? '', 'archive');
    spoilArchive();
  }
});

test('a transfer that waits for a login has it one click away, and goes on', async ({
  panel,
  request,
  baseURL,
  tmpPath
}) => {
  await panel.start();
  try {
    await startJob(request, baseURL ?? '', {
      kind: 'download',
      from: { source: 'archive', paths: ['/cta/crab/runs.csv'] },
      to: { source: 'local', path: `/${tmpPath}` },
      conflict: 'replace'
    });
    await panel.expectJob('runs.csv', 'blocked');
    const job = panel.job('runs.csv');
    await expect(job).toContainText('waits for a login');
    await job.getByRole('button', { name: 'Log in…' }).click();
    await expect(panel.dialog).toContainText('Login to Archive');
    await panel.dialog.getByRole('textbox').fill(tokenOf('dcache'));
    await panel.answer('Use this token');
    await panel.expectJob('runs.csv', 'done');
    await expect(job.getByRole('button', { name: 'Log in…' })).toHaveCount(0);
  } finally {
    await forgetToken(request, baseURL ?? '', 'archive');
    spoilArchive();
  }
});
