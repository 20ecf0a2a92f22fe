/** JupyterLab's viewers on remote files, side by side with an editor of the same file. */

import * as fs from 'node:fs';

import type { Locator } from '@playwright/test';

import { expect, test } from './together';
import type { Panel } from './together';
import { lay, onDoor, textOf } from './rig';

const editorOf = (panel: Panel): Locator =>
  panel.documents.locator('.jp-FileEditor:visible .cm-content');

/** Open a file by "Open With" of its row's menu. */
async function openWith(
  panel: Panel,
  name: string,
  viewer: string
): Promise<void> {
  await panel.row(name).click({ button: 'right' });
  await panel.menu.getByText('Open With', { exact: true }).hover();
  await panel.menu.getByText(viewer, { exact: true }).click();
}

test('Markdown opens in the viewer that the user prefers, follows its editor, and no save is done over somebody else’s', async ({
  page,
  panel,
  own
}) => {
  const file = onDoor(own, 'notes.md');
  lay(onDoor(own), { 'notes.md': '# One\n' });
  await panel.startIn(own);
  const preview = panel.documents.locator('.jp-MarkdownViewer');
  await page.evaluate(() => {
    const { docRegistry } = window.jupyterapp; // as the setting `defaultViewers` does
    docRegistry.setDefaultWidgetFactory('markdown', 'Markdown Preview');
  });
  await panel.row('notes.md').dblclick();
  await expect(preview.getByRole('heading', { name: 'One' })).toBeVisible();
  await page.evaluate(() => {
    const { docRegistry } = window.jupyterapp;
    docRegistry.setDefaultWidgetFactory('markdown', undefined);
  });

  await openWith(panel, 'notes.md', 'Editor');
  await editorOf(panel).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('## Two');
  await page.keyboard.press('Control+s');
  await expect.poll(() => textOf(file)).toBe('# One\n## Two');
  await expect(panel.dialog).toHaveCount(0);
  await openWith(panel, 'notes.md', 'Markdown Preview');
  await expect(preview).toHaveCount(1);
  await expect(preview.getByRole('heading', { name: 'Two' })).toBeVisible();

  fs.writeFileSync(file, '# Somebody else’s\n');
  const later = new Date(Date.now() + 60_000);
  fs.utimesSync(file, later, later);
  await openWith(panel, 'notes.md', 'Editor');
  await editorOf(panel).click();
  await page.keyboard.type('x');
  await page.keyboard.press('Control+s');
  await expect(panel.dialog).toContainText(/changed/i);
  await panel.answer('Cancel');
  expect(textOf(file)).toBe('# Somebody else’s\n');
});

test('a CSV opens as a table, and what its editor saves is there', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'runs.csv': 'run,events\n1,10\n' });
  await panel.startIn(own);
  await panel.row('runs.csv').dblclick();
  await expect(
    panel.documents.locator('.jp-CSVViewer:visible .lm-DataGrid')
  ).toBeVisible();
  await openWith(panel, 'runs.csv', 'Editor');
  await editorOf(panel).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('2,20');
  await page.keyboard.press('Control+s');
  await expect
    .poll(() => textOf(onDoor(own, 'runs.csv')))
    .toBe('run,events\n1,10\n2,20');
  await expect(panel.dialog).toHaveCount(0);
  await panel.row('runs.csv').dblclick();
  await expect(
    panel.documents.locator('.jp-CSVViewer:visible .lm-DataGrid')
  ).toBeVisible();
});
