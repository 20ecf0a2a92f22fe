/** `%dcache` in a notebook of the browser: tables, values, errors in words, completion. */

import { expect, test } from './panel';
import { lay, onDoor, textOf } from './rig';

test('a cell lists, stores and gets files of the storage', async ({
  page,
  panel,
  own
}) => {
  test.setTimeout(180_000);
  lay(onDoor(own), { 'a <b>.txt': 'alpha\n' });
  await panel.start();
  await page.notebook.createNew();
  const run = async (cell: number, text: string) => {
    await page.notebook.setCell(cell, 'code', text);
    await page.notebook.runCell(cell, true);
    return page.locator('.jp-Notebook:visible .jp-Cell').nth(cell);
  };

  await run(0, '%load_ext ctadata_jlab');
  await page.notebook.addCell('code', '');
  const listed = await run(1, `%dcache ls ${own}`);
  await expect(listed.locator('.jp-OutputArea td').first()).toHaveText(
    'a <b>.txt'
  );

  await page.notebook.addCell('code', '');
  const got = await run(
    2,
    `file = %dcache get "${own}/a <b>.txt"\nprint('it has', file.read_text())`
  );
  await expect(got.locator('.jp-OutputArea')).toContainText('it has alpha');

  await page.notebook.addCell('code', '');
  await run(3, `%%dcache put ${own}/from-a-cell.txt\nwritten in a cell\n`);
  await expect
    .poll(() => textOf(onDoor(own, 'from-a-cell.txt')))
    .toContain('written in a cell');

  await page.notebook.addCell('code', '');
  const wrong = await run(4, `%dcache get ${own}/missing`);
  await expect(wrong.locator('.jp-OutputArea')).toContainText('error: ');
  await expect(wrong.locator('.jp-OutputArea')).toContainText('hint: ');
  await expect(wrong.locator('.jp-OutputArea')).not.toContainText('Traceback');

  await page.notebook.addCell('code', '');
  await page.notebook.setCell(5, 'code', `%dcache ls ${own}/from`);
  await page.notebook.enterCellEditingMode(5);
  await page.keyboard.press('End');
  await page.keyboard.press('Tab');
  await expect(
    page.locator('.jp-Notebook:visible .jp-Cell').nth(5)
  ).toContainText('from-a-cell.txt');
});
