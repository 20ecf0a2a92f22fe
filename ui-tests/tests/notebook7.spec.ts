/** The panel in Jupyter Notebook: in its list of files, and beside a notebook. */

import { expect, test as base } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';
import * as fs from 'node:fs';

import { inWorkspace, lay, onDoor, textOf } from './rig';

const FOLDER = 'notebook seven';
const NAME = 'from afar é.txt';

/** A page of Jupyter Notebook whose panel is shown by the command palette, as everybody can. */
class Notebook {
  constructor(readonly page: Page) {
    this.panel = page.locator('#ctadata-panel');
  }

  readonly panel: Locator;

  /** The row of that name. */
  row(name: string): Locator {
    return this.panel.locator(
      `.jp-DirListing-item[data-ctadata-name="${name}"]`
    );
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await expect(this.page.locator('#jupyterlab-splash')).toHaveCount(0);
    await this.command('Show Remote Storage');
    await expect(this.row('cta')).toBeVisible();
    await this.panel.getByRole('button', { name: 'Refresh' }).click();
    await this.row(FOLDER).dblclick();
    await expect(this.row(NAME)).toBeVisible();
  }

  /** Run a command by the palette. */
  async command(label: string): Promise<void> {
    const palette = this.page.locator('.lm-CommandPalette');
    const soon = { timeout: 2_000 };
    await expect(async () => {
      // a kernel may just begin, and take the focus: that closes the palette
      await this.page.keyboard.press('Control+Shift+c');
      await expect(palette).toBeVisible(soon);
      await palette
        .getByRole('searchbox')
        .or(palette.locator('input'))
        .first()
        .fill(label, soon);
      await palette
        .locator('.lm-CommandPalette-item')
        .filter({ hasText: label })
        .first()
        .click(soon);
    }).toPass();
  }

  /** Choose an entry of a row's menu. */
  async choose(name: string, entry: string | RegExp): Promise<void> {
    await this.row(name).click({ button: 'right' });
    await this.page
      .locator('.lm-Menu')
      .getByText(entry, { exact: true })
      .click();
  }
}

const test = base.extend<{ notebook: Notebook; base: string }>({
  base: async ({ baseURL }, use) => use(baseURL ?? ''),
  notebook: async ({ page }, use) => {
    lay(onDoor(FOLDER), { [NAME]: 'all of it\n' });
    const faults: string[] = [];
    page.on('pageerror', error => faults.push(error.stack ?? String(error)));
    await use(new Notebook(page));
    expect(faults.filter(fault => fault.includes('ctadata'))).toEqual([]);
    fs.rmSync(onDoor(FOLDER), { recursive: true });
    fs.rmSync(inWorkspace(NAME), { force: true });
    fs.rmSync(inWorkspace('seven.ipynb'), { force: true });
  }
});

test.skip(
  !process.env.CTADATA_UI_NOTEBOOK,
  'CTADATA_UI_NOTEBOOK says where Jupyter Notebook lies; `make ui` lays it there'
);

test('the panel works beside the list of files of Jupyter Notebook, and downloads into that', async ({
  notebook,
  base
}) => {
  await notebook.open(`${base}/tree`);
  await notebook.choose(NAME, /^Copy to “workspace/);
  const job = notebook.panel.locator('.ctadata-Job').first();
  await expect(job).toHaveAttribute('data-state', 'done');
  expect(textOf(inWorkspace(NAME))).toBe('all of it\n');
  await expect(
    notebook.page
      .locator('#main-panel, .jp-FileBrowser:not(.ctadata-Browser)')
      .getByText(NAME)
      .first()
  ).toBeVisible();
});

test('the panel works beside a notebook of Jupyter Notebook: download, and code for a cell', async ({
  notebook,
  base
}) => {
  const cell = { cell_type: 'code', id: 'one', metadata: {}, source: [] };
  const text = JSON.stringify({
    cells: [{ ...cell, execution_count: null, outputs: [] }],
    metadata: {
      kernelspec: {
        ...{ display_name: 'Python 3 (ipykernel)', name: 'python3' },
        language: 'python'
      }
    },
    ...{ nbformat: 4, nbformat_minor: 5 }
  });
  lay(inWorkspace(), { 'seven.ipynb': text });
  await notebook.open(`${base}/notebooks/seven.ipynb`);
  const coming = notebook.page.waitForEvent('download');
  await notebook.choose(NAME, 'Download to My Computer');
  const download = await coming;
  expect(download.suggestedFilename()).toBe(NAME);
  expect(textOf(await download.path())).toBe('all of it\n');
  await notebook.choose(NAME, 'Insert Code in Notebook');
  await notebook.page
    .locator('.ctadata-Recipes .lm-Menu-itemLabel')
    .first()
    .click();
  await expect(
    notebook.page.locator('.jp-Notebook .jp-CodeCell .cm-content').first()
  ).toContainText(NAME);
});
