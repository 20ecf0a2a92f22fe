/** Changing what is there: new, rename, move, delete. */

import * as fs from 'node:fs';

import { expect, LOWEST, test } from './together';
import { lay, onDoor, textOf } from './rig';

test('a file is renamed in its row', LOWEST, async ({ page, panel, own }) => {
  lay(onDoor(own), { 'old.txt': 'text' });
  await panel.startIn(own);
  await panel.row('old.txt').click();
  await page.keyboard.press('F2');
  const field = panel.list.locator('input.jp-DirListing-editor');
  await expect(field).toBeFocused();
  await field.fill('new #1 é.txt');
  await field.press('Enter');
  await expect(panel.row('new #1 é.txt')).toBeVisible();
  await expect(panel.row('old.txt')).toHaveCount(0);
  expect(textOf(onDoor(own, 'new #1 é.txt'))).toBe('text');
});

test('a name that is taken is not overwritten', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'a.txt': 'a', 'b.txt': 'b' });
  await panel.startIn(own);
  await panel.row('a.txt').click();
  await page.keyboard.press('F2');
  const field = panel.list.locator('input.jp-DirListing-editor');
  await field.fill('b.txt');
  await field.press('Enter');
  await expect(panel.dialog).toBeVisible();
  await panel.answer('Cancel');
  expect(textOf(onDoor(own, 'a.txt'))).toBe('a');
  expect(textOf(onDoor(own, 'b.txt'))).toBe('b');
});

test('a new folder is made and named', async ({ panel, own }) => {
  await panel.startIn(own);
  await panel.list.click({ button: 'right', position: { x: 60, y: 60 } });
  await panel.menu.getByText(/^New folder$/i).click();
  const field = panel.list.locator('input.jp-DirListing-editor');
  await expect(field).toBeFocused();
  await field.fill('my folder');
  await field.press('Enter');
  await expect(panel.row('my folder')).toBeVisible();
  await expect.poll(() => fs.existsSync(onDoor(own, 'my folder'))).toBe(true);
  expect(fs.readdirSync(onDoor(own))).toEqual(['my folder']);
});

test('a deletion says how much goes, that it is permanent, and wants to hear a full folder’s name on production', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own, 'data'), { 'a.txt': 'x'.repeat(1500), 'sub/b.txt': 'y' });
  await panel.startIn(own);
  await panel.choose('data', 'Delete…');
  await expect(panel.dialog).toContainText(/permanently/);
  await expect(panel.dialog).toContainText('dCache');
  await expect(panel.dialog).toContainText('2 files');
  await expect(panel.dialog).toContainText(/1\.5 kB/i);
  await panel.answer('Cancel');
  await expect(panel.row('data')).toBeVisible();
  expect(fs.existsSync(onDoor(own, 'data', 'a.txt'))).toBe(true);

  await panel.choose('data', 'Delete…');
  await expect(panel.dialog).toContainText('2 files');
  const accept = panel.dialog.locator('.jp-mod-accept');
  const field = panel.dialog.getByLabel('To confirm, type “data”:');
  await expect(field).toBeFocused();
  await expect(accept).toBeDisabled();
  await page.keyboard.type('dat');
  await expect(accept).toBeDisabled();
  await page.keyboard.press('Enter');
  await expect(field).toBeFocused();
  await page.keyboard.type('a');
  await expect(accept).toBeEnabled();
  await page.keyboard.press('Enter');
  await expect(panel.row('data')).toHaveCount(0);
  await expect.poll(() => fs.existsSync(onDoor(own, 'data'))).toBe(false);
});

test('the delete key asks as well', async ({ page, panel, own }) => {
  lay(onDoor(own), { 'keep.txt': 'k' });
  await panel.startIn(own);
  await panel.row('keep.txt').click();
  await page.keyboard.press('Delete');
  await expect(panel.dialog).toContainText('1 file');
  await page.keyboard.press('Escape');
  await expect(panel.dialog).toHaveCount(0);
  expect(textOf(onDoor(own, 'keep.txt'))).toBe('k');
});

test('a file is moved into another folder', async ({ panel, own }) => {
  lay(onDoor(own), { 'wander.txt': 'w', 'goal/there.txt': 't' });
  await panel.startIn(own);
  await panel.choose('wander.txt', 'Move…');
  await panel.dialog.locator('input').fill(`/${own}/goal`);
  await panel.dialog.locator('.jp-mod-accept').click();
  await expect(panel.row('wander.txt')).toHaveCount(0);
  expect(textOf(onDoor(own, 'goal', 'wander.txt'))).toBe('w');
});

test('Paste is there once, and works when something was copied', async ({
  panel,
  own
}) => {
  lay(onDoor(own), { 'a.txt': 'a', 'goal/there.txt': 't' });
  await panel.startIn(own);
  const paste = panel.menu
    .locator('.lm-Menu-item')
    .filter({ has: panel.page.getByText('Paste', { exact: true }) });
  await panel.row('a.txt').click({ button: 'right' });
  await expect(paste).toHaveCount(1);
  await expect(paste).toHaveClass(/lm-mod-disabled/);
  await panel.page.keyboard.press('Escape');

  await panel.choose('a.txt', 'Copy');
  await panel.enter('goal');
  await panel.choose('there.txt', 'Paste');
  await expect(panel.row('a.txt')).toBeVisible();
  expect(textOf(onDoor(own, 'goal', 'a.txt'))).toBe('a');
});

for (const kind of ['file', 'folder'] as const) {
  test(`the menu of a ${kind} offers what works here, and nothing else`, async ({
    panel,
    own
  }) => {
    lay(onDoor(own), { file: 'f', 'folder/x': 'x' });
    await panel.startIn(own);
    await panel.row(kind).click({ button: 'right' });
    const labels = await panel.menu
      .locator('.lm-Menu-itemLabel')
      .allInnerTexts();
    const given = labels.filter(label => label.trim());
    expect(given).toContain('Open');
    expect(given).toContain('Copy to Workspace…');
    expect(given).toContain('Rename');
    expect(given).toContain('Delete…');
    expect(given).toContain('Copy Path');
    expect(given).toContain('Upload…');
    expect(given).toContain(
      `Download to My Computer${kind === 'file' ? '' : ' as Zip'}`
    );
    const text = given.join('\n');
    expect(text).not.toMatch(/trash/i);
    expect(text).not.toMatch(/shareable/i);
    expect(new Set(given).size).toBe(given.length);
  });
}
