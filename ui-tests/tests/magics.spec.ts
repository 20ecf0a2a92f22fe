/** `%dcache` in a notebook of the browser: tables, values, errors in words, completion. */

import { Notebook } from './notebook';
import { expect, test } from './panel';
import { lay, onDoor, textOf } from './rig';

test.describe.configure({ timeout: 180_000 });

const NASTY = '<img src=x onerror=alert(1)> é.txt';

test('a notebook lists, gets and stores files of the storage', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { [NASTY]: 'alpha\n' });
  const dialogs: string[] = [];
  page.on('dialog', dialog => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const notebook = await Notebook.open(panel, `${own}.ipynb`, [
    '%load_ext ctadata_jlab',
    `%dcache ls "${own}"`,
    `file = %dcache get "${own}/${NASTY}"\nprint('it has', file.read_text())`,
    `%%dcache put "${own}/from a cell.txt"\nwritten in a cell\n`,
    `found = %dcache find --name "*cell*" "${own}"\nprint(found.paths)`,
    `%dcache stat "${own}/missing"`
  ]);
  await notebook.runAll();

  const table = notebook.output(1).locator('table');
  await expect(table.locator('th').first()).toHaveText('name');
  await expect(table.locator('td').first()).toHaveText(NASTY);
  await expect(table.locator('img')).toHaveCount(0);
  await expect(notebook.output(2)).toContainText('it has alpha');
  expect(textOf(onDoor(own, 'from a cell.txt'))).toBe('written in a cell\n');
  await expect(notebook.output(4)).toContainText(`['/${own}/from a cell.txt']`);
  const wrong = notebook.output(5);
  await expect(wrong).toContainText('error: ');
  await expect(wrong).toContainText('hint: ');
  await expect(wrong).not.toContainText('Traceback');
  expect(dialogs).toEqual([]);
});

test('Tab completes remote names, written so that they can be run', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'qq run.txt': 'alpha\n' });
  const typed = `%dcache stat ${own.replace(' ', '\\ ')}/qq`;
  const notebook = await Notebook.open(panel, `${own}-tab.ipynb`, [
    '%load_ext ctadata_jlab',
    typed
  ]);
  await notebook.command('notebook:run-cell-and-select-next');
  await notebook.expectRun(0);
  const editor = notebook.cells.nth(1).locator('.cm-content');
  await editor.click();
  await page.keyboard.press('Control+End');
  await expect(async () => {
    await page.keyboard.press('Tab'); // JupyterLab waits one second, and not longer
    await expect(editor).toContainText('qq\\ run.txt', { timeout: 2_000 });
  }).toPass({ timeout: 30_000 });
  await page.keyboard.press('Shift+Enter');
  await expect(notebook.output(1)).toContainText(`/${own}/qq run.txt`, {
    timeout: 30_000
  });
});
