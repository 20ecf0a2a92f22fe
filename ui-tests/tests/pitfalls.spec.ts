/** What goes wrong with drives beside JupyterLab's own files; each was seen in some extension. */

import * as fs from 'node:fs';

import { expect, galata, LOWEST, test } from './panel';
import { lay, onDoor, textOf } from './rig';

test('opening and saving ask little, and no save is taken for somebody else’s', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'notes.txt': 'one\n' });
  await panel.startIn(own);
  const sent: string[] = [];
  page.on('request', request => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname.includes('/ctadata-jlab/contents/')) {
      sent.push(`${request.method()} ${searchParams.get('content') ?? ''}`);
    }
    expect(pathname).not.toContain('checkpoints');
  });
  await panel.row('notes.txt').dblclick();
  const editor = panel.documents.locator('.jp-FileEditor:visible .cm-content');
  await expect(editor).toContainText('one');
  await page.waitForLoadState('networkidle');
  expect(sent.filter(one => one === 'GET 1')).toHaveLength(1);
  expect(sent.length).toBeLessThanOrEqual(3);
  for (const word of ['two', 'three']) {
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type(word);
    await page.keyboard.press('Control+s');
    await expect.poll(() => textOf(onDoor(own, 'notes.txt'))).toContain(word);
    await expect(panel.dialog).toHaveCount(0);
  }
});

test(
  'a change below the top of the drive is seen, whoever made it here',
  LOWEST,
  async ({ page, panel, own }) => {
    fs.mkdirSync(onDoor(own, 'below'));
    await panel.startIn(own);
    await panel.enter('below');
    await page.evaluate(async folder => {
      const { contents } = window.jupyterapp.serviceManager;
      await contents.newUntitled({
        path: `ctadata:dcache/${folder}`,
        type: 'file',
        ext: '.txt'
      });
    }, `${own}/below`);
    await expect(panel.row('untitled.txt')).toBeVisible();
  }
);

test('commands of JupyterLab act on the panel while it is in use, and on the files when they are', async ({
  page,
  panel,
  own,
  tmpPath
}) => {
  await panel.startIn(own);
  await panel.list.click();
  await page.evaluate(() => {
    void window.jupyterapp.commands.execute('filebrowser:create-new-directory');
  });
  await page.keyboard.press('Enter');
  await expect(panel.row('Untitled Folder')).toBeVisible();
  expect(fs.existsSync(onDoor(own, 'Untitled Folder'))).toBe(true);

  // Nothing of JupyterLab's own menus is gone.
  await panel.tab('filebrowser').click();
  await page.evaluate(async folder => {
    const { contents } = window.jupyterapp.serviceManager;
    await contents.newUntitled({ path: folder, type: 'file', ext: '.txt' });
  }, tmpPath);
  const row = page
    .locator('#filebrowser .jp-DirListing-item')
    .filter({ hasText: 'untitled.txt' });
  await row.click({ button: 'right' });
  for (const entry of ['Open', 'Rename', 'Cut', 'Paste', 'Duplicate']) {
    await expect(panel.menu.getByText(entry, { exact: true })).toBeVisible();
  }
  await expect(panel.menu.getByText(/^(Delete|Move to Trash)$/)).toBeVisible();
  await page.keyboard.press('Escape');
});

test.describe('with settings of the file browser', () => {
  test.use({
    mockSettings: {
      ...galata.DEFAULT_SETTINGS,
      '@jupyterlab/filebrowser-extension:browser': {
        ...galata.DEFAULT_SETTINGS['@jupyterlab/filebrowser-extension:browser'],
        showFileCheckboxes: true,
        singleClickNavigation: true,
        showLastModifiedColumn: false
      },
      'ctadata_jlab:plugin': { showLastModifiedColumn: true }
    }
  });

  test(
    'they hold in the panel, unless its own say otherwise',
    LOWEST,
    async ({ panel }) => {
      await panel.start();
      await panel.row('cta').click();
      await expect(panel.row('crab')).toBeVisible();
      await expect(
        panel.row('crab').locator('input[type=checkbox]')
      ).toHaveCount(1);
      await expect(
        panel.row('crab').locator('.jp-DirListing-itemModified')
      ).toBeVisible();
    }
  );
});
