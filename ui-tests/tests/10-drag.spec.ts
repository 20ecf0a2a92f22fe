/** Dragging, one test for each way that files can go. */

import type { Locator } from '@playwright/test';
import * as fs from 'node:fs';

import { expect, galata, LOWEST, test } from './together';
import { notebookOf } from './cells';
import { inWorkspace, lay, onDev, onDoor, textOf, treeOf } from './rig';

// On the right, the panel and the file browser are seen at once.
test.use({
  settings: {
    ...galata.DEFAULT_SETTINGS,
    'ctadata_jlab:plugin': { side: 'right' }
  }
});

/** A point of an element. */
async function pointOf(
  to: Locator,
  where: 'middle' | 'below' = 'middle'
): Promise<{ x: number; y: number }> {
  const box = (await to.boundingBox())!;
  return where === 'below'
    ? { x: box.x + 60, y: box.y + box.height - 40 }
    : { x: box.x + Math.min(60, box.width / 2), y: box.y + box.height / 2 };
}

/** Begin to drag as a hand does: JupyterLab starts a drag only after some way. */
async function lift(from: Locator): Promise<void> {
  const page = from.page();
  const { x, y } = await pointOf(from);
  await page.mouse.move(x - 20, y);
  await page.mouse.down();
  await page.mouse.move(x, y + 8, { steps: 5 });
  await expect(page.locator('.lm-mod-drag-image')).toBeVisible();
}

/** Drag over something, and wait until it is marked. */
async function carry(
  from: Locator,
  to: Locator,
  where: 'middle' | 'below' = 'middle'
): Promise<void> {
  await lift(from);
  const { x, y } = await pointOf(to, where);
  await from.page().mouse.move(x, y, { steps: 12 });
  await expect(to).toHaveClass(/-mod-dropTarget/);
}

async function drop(from: Locator): Promise<void> {
  await from.page().mouse.up();
}

test.describe('remote to workspace', () => {
  for (const [where, folder] of [
    ['the empty area', ''],
    ['a folder', 'inner'],
    ['a crumb', '..']
  ] as const) {
    test(`a row that is dragged onto ${where} of the file browser is downloaded there`, async ({
      page,
      panel,
      own,
      tmpPath
    }) => {
      lay(onDoor(own), { 'dragged.txt': 'by hand' });
      fs.mkdirSync(inWorkspace(tmpPath, 'inner'), { recursive: true });
      await panel.startIn(own);
      const files = page.locator('#filebrowser');
      await files.getByRole('button', { name: /Refresh/ }).click();
      const row = files
        .locator('.jp-DirListing-item')
        .filter({ hasText: 'inner' });
      await expect(row).toBeVisible();
      const target = {
        '': files.locator('.jp-DirListing-content'),
        inner: row,
        '..': files.locator('.jp-BreadCrumbs-home')
      }[folder];
      await carry(
        panel.row('dragged.txt'),
        target,
        folder ? 'middle' : 'below'
      );
      await drop(target);
      await panel.expectJob('dragged.txt', 'done');
      const there = inWorkspace(tmpPath, folder, 'dragged.txt');
      expect(textOf(there)).toBe('by hand');
      expect(textOf(onDoor(own, 'dragged.txt'))).toBe('by hand');
      await expect(page.locator('.ctadata-mod-dropTarget')).toHaveCount(0);
      fs.rmSync(there);
    });
  }
});

for (const where of ['the empty area', 'a folder', 'a crumb'] as const) {
  test(`workspace to remote: a file that is dragged onto ${where} of the panel is uploaded there`, async ({
    page,
    panel,
    own,
    tmpPath
  }) => {
    lay(inWorkspace(tmpPath), { 'going.txt': 'up' });
    lay(onDoor(own), { 'inner/there.txt': 't', 'inner/deep/x.txt': 'x' });
    await panel.startIn(own);
    if (where === 'a crumb') {
      await panel.enter('inner');
    }
    const files = page.locator('#filebrowser');
    await files.getByRole('button', { name: /Refresh/ }).click();
    const row = files
      .locator('.jp-DirListing-item')
      .filter({ hasText: 'going.txt' });
    const [target, folder] = {
      'the empty area': [panel.list, ''] as const,
      'a folder': [panel.row('inner'), 'inner'] as const,
      'a crumb': [panel.crumbs.getByText(own, { exact: true }), ''] as const
    }[where];
    await carry(row, target, where === 'the empty area' ? 'below' : 'middle');
    await drop(target);
    await panel.expectJob('going.txt', 'done');
    expect(textOf(onDoor(own, folder, 'going.txt'))).toBe('up');
    expect(textOf(inWorkspace(tmpPath, 'going.txt'))).toBe('up');
  });
}

test.describe('remote to remote', () => {
  for (const isCopy of [false, true]) {
    test(`within a storage a drag ${isCopy ? 'with Ctrl copies' : 'moves'}`, async ({
      page,
      panel,
      own
    }) => {
      lay(onDoor(own), { 'wander.txt': 'w', 'goal/there.txt': 't' });
      await panel.startIn(own);
      await carry(panel.row('wander.txt'), panel.row('goal'));
      if (isCopy) {
        await page.keyboard.down('Control');
      }
      await drop(panel.row('goal'));
      await page.keyboard.up('Control');
      await panel.expectJob('wander.txt', 'done');
      expect(textOf(onDoor(own, 'goal', 'wander.txt'))).toBe('w');
      expect(fs.existsSync(onDoor(own, 'wander.txt'))).toBe(isCopy);
      await expect(panel.row('wander.txt')).toHaveCount(isCopy ? 1 : 0);
    });
  }

  test('a drag onto a crumb moves up', LOWEST, async ({ panel, own }) => {
    lay(onDoor(own), { 'deep/up.txt': 'u', 'deep/stays.txt': 's' });
    await panel.startIn(own);
    await panel.enter('deep');
    const crumb = panel.crumbs.getByText(own, { exact: true });
    await carry(panel.row('up.txt'), crumb);
    await drop(crumb);
    await expect(panel.row('up.txt')).toHaveCount(0);
    await expect.poll(() => textOf(onDoor(own, 'up.txt'))).toBe('u');
    expect(textOf(onDoor(own, 'deep', 'stays.txt'))).toBe('s');
  });

  test('to the other storage, opened by a rest on its side, a drag transfers a copy', async ({
    page,
    panel,
    own
  }) => {
    lay(onDoor(own), { 'over.txt': 'there too' });
    fs.mkdirSync(onDev(own), { recursive: true });
    await panel.startIn(own);
    await lift(panel.row('over.txt'));
    const dev = panel.node.getByRole('radio', { name: 'dev' });
    const side = await pointOf(dev);
    await page.mouse.move(side.x, side.y, { steps: 8 });
    await expect(dev).toBeChecked();
    await panel.expectHere(own);
    const { x, y } = await pointOf(panel.list, 'below');
    await page.mouse.move(x, y, { steps: 8 });
    await expect(panel.list).toHaveClass(/-mod-dropTarget/);
    await page.mouse.up();
    await panel.expectJob('over.txt', 'done');
    expect(textOf(onDev(own, 'over.txt'))).toBe('there too');
    expect(textOf(onDoor(own, 'over.txt'))).toBe('there too');
    fs.rmSync(onDev(own), { recursive: true });
  });

  test('to any storage, chosen by a rest on the picker, a drag transfers a copy', async ({
    page,
    panel,
    own
  }) => {
    lay(onDoor(own), { 'far.txt': 'far away' });
    await panel.startIn(own);
    await lift(panel.row('far.txt'));
    const over = async (to: Locator): Promise<void> => {
      const { x, y } = await pointOf(to);
      await page.mouse.move(x, y, { steps: 4 });
    };
    await over(panel.picker);
    const sources = panel.node.locator('.ctadata-DragSource');
    await expect(sources).toHaveText([
      'dCache',
      'dCache dev',
      'Archive',
      'Old pool'
    ]);
    await over(sources.nth(1));
    await expect(sources.nth(1)).toHaveClass(/-mod-dropTarget/);
    await page.mouse.up();
    await panel.expectJob('far.txt', 'done');
    await expect(sources).toHaveCount(0);
    expect(textOf(onDev('far.txt'))).toBe('far away');
    fs.rmSync(onDev('far.txt'));
  });

  test('a folder that a drag rests on opens', async ({ page, panel, own }) => {
    lay(onDoor(own), { 'in.txt': 'i', 'goal/deeper/x.txt': 'x' });
    await panel.startIn(own);
    await carry(panel.row('in.txt'), panel.row('goal'));
    await panel.expectHere('goal');
    const { x, y } = await pointOf(panel.row('deeper'));
    await page.mouse.move(x, y, { steps: 4 });
    await page.mouse.up();
    await expect
      .poll(() => textOf(onDoor(own, 'goal', 'deeper', 'in.txt')))
      .toBe('i');
  });

  test('targets that exist are asked about once', async ({ panel, own }) => {
    lay(onDoor(own), {
      'a.txt': 'new a',
      'b.txt': 'new b',
      'goal/a.txt': 'old a',
      'goal/b.txt': 'old b'
    });
    await panel.startIn(own);
    await panel.row('a.txt').click();
    await panel.row('b.txt').click({ modifiers: ['Shift'] });
    await carry(panel.row('b.txt'), panel.row('goal'));
    await drop(panel.row('goal'));
    const job = panel.node.locator('.ctadata-Job').first();
    await expect(job).toContainText('2 targets exist already');
    expect(textOf(onDoor(own, 'goal', 'a.txt'))).toBe('old a');
    await job.getByRole('button', { name: 'Replace', exact: true }).click();
    await panel.dialog.getByLabel('To confirm, type “2”:').fill('2');
    await panel.answer('Replace');
    await expect(job).toHaveAttribute('data-state', 'done');
    expect(textOf(onDoor(own, 'goal', 'a.txt'))).toBe('new a');
    expect(textOf(onDoor(own, 'goal', 'b.txt'))).toBe('new b');
  });
});

test('remote to notebook: a row that is dragged onto a cell becomes code', async ({
  page,
  panel,
  tmpPath
}) => {
  lay(inWorkspace(tmpPath), { 'empty.ipynb': notebookOf(['']) });
  await panel.start();
  const files = page.locator('#filebrowser');
  await files.getByRole('button', { name: /Refresh/ }).click();
  await files
    .locator('.jp-DirListing-item')
    .filter({ hasText: 'empty.ipynb' })
    .dblclick();
  await panel.enter('lst', 'DL1', '20241114', 'v0.10', 'tailcut84');
  const row = panel.row('dl1_LST-1.Run19620.0000.h5');
  const cell = page.locator('.jp-Notebook .jp-CodeCell').first();
  await carry(row, cell);
  await drop(cell);
  const ways = page.locator('.ctadata-Recipes .lm-Menu-itemLabel');
  await expect(ways.filter({ hasText: 'ctapipe: read_table' })).toBeVisible();
  await ways.filter({ hasText: 'h5py' }).click();
  await expect(cell.locator('.cm-content')).toContainText(
    "ctadata_jlab.source('dcache').open('/lst/DL1/20241114/v0.10/tailcut84/dl1_LST-1.Run19620.0000.h5')"
  );
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);

  await row.click({ button: 'right' });
  await panel.menu
    .getByText('Insert Code in Notebook', { exact: true })
    .click();
  await ways.filter({ hasText: 'Download with ctadata' }).click();
  await expect(
    page.locator('.jp-Notebook .jp-CodeCell').nth(1).locator('.cm-content')
  ).toContainText('ctadata.fetch_and_save_file(');
});

test('remote to desktop: the grip gives the desktop an address without a token', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'out.txt': 'side', 'other/x.txt': 'x' });
  await panel.startIn(own);
  await page.evaluate(() =>
    document.addEventListener('dragstart', event => {
      const url = event.dataTransfer?.getData('DownloadURL') ?? '';
      document.body.dataset.dragged = url;
    })
  );
  const dragOut = async (name: string): Promise<string> => {
    await page.mouse.move(0, 0);
    await panel.row(name).hover();
    const grip = panel.node.locator('.ctadata-Grip');
    const ready = page.waitForResponse(/ctadata-jlab\/handles/);
    await grip.hover();
    await ready;
    await page.mouse.down();
    await page.mouse.move(400, 300, { steps: 5 });
    await page.mouse.up();
    const dragged = await page.evaluate(() => document.body.dataset.dragged);
    return dragged ?? '';
  };
  const [, file, url] = /^[\w/-]+:([^:]*):(.*)$/.exec(
    await dragOut('out.txt')
  )!;
  expect(file).toBe('out.txt');
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/user\/name\/ctadata-jlab/);
  expect(url).not.toMatch(/token|eyJ|\?/);
  const answer = await page.request.get(url);
  expect(await answer.text()).toBe('side');
  expect(answer.headers()['content-disposition']).toContain('attachment');
  expect(await dragOut('other')).toMatch(/^application\/zip:other\.zip:http/);
});

test('a folder that was outside of the window is marked when it scrolls below the drag, and takes the drop', async ({
  page,
  panel,
  own
}) => {
  const names = Array.from({ length: 120 }, (_, k) => `d${1000 + k}`);
  names.forEach(name => fs.mkdirSync(onDoor(own, name)));
  lay(onDoor(own), { 'zz.txt': 'far' });
  await panel.startIn(own);
  await panel.list.evaluate(node => node.scrollTo(0, node.scrollHeight));
  await expect(panel.row('zz.txt')).toBeVisible();
  await expect(panel.row('d1000')).toHaveCount(0);
  await lift(panel.row('zz.txt'));
  // at the edge the list scrolls, while the pointer rests
  const { x, y } = (await panel.list.boundingBox())!;
  await page.mouse.move(x + 60, y + 1, { steps: 10 });
  await expect.poll(() => panel.list.evaluate(node => node.scrollTop)).toBe(0);
  const marked = panel.node.locator('.jp-mod-dropTarget');
  await expect(marked).toHaveCount(1);
  await expect(panel.row('d1000')).toHaveClass(/jp-mod-dropTarget/);
  await page.mouse.up();
  await panel.expectJob('zz.txt', 'done');
  expect(textOf(onDoor(own, 'd1000', 'zz.txt'))).toBe('far');
  await expect(marked).toHaveCount(0);
  await panel.expectHere(own);
});

test('desktop to remote: hundreds of files that are dropped on a folder go into it', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'goal/there.txt': 't' });
  const desk = inWorkspace('many');
  const files: Record<string, string> = {};
  for (let n = 0; n < 300; n += 1) {
    files[`night/${n % 7}/run ${n}.txt`] = `run ${n}`;
  }
  lay(desk, files);
  await panel.startIn(own);
  const at = await pointOf(panel.row('goal'));
  const session = await page.context().newCDPSession(panel.node.page());
  const data = { items: [], files: [`${desk}/night`], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, ...at, data });
    if (type === 'dragOver') {
      await expect(panel.row('goal')).toHaveClass(/-mod-dropTarget/);
    }
  }
  const job = panel.node.locator('.ctadata-Job').first();
  await expect(job).toHaveAttribute('data-state', 'done', { timeout: 50_000 });
  await expect(job).toContainText('300 of 300 files');
  fs.rmSync(onDoor(own, 'goal', 'there.txt'));
  expect(treeOf(onDoor(own, 'goal'))).toEqual(treeOf(desk));
  fs.rmSync(desk, { recursive: true });
});

test('what is copied or cut in one browser is pasted in the other', async ({
  page,
  panel,
  own,
  tmpPath
}) => {
  lay(onDoor(own), { 'remote.txt': 'r' });
  lay(inWorkspace(tmpPath), { 'local.txt': 'l' });
  await panel.startIn(own);
  const files = page.locator('#filebrowser');
  await files.getByRole('button', { name: /Refresh/ }).click();
  const local = files
    .locator('.jp-DirListing-item')
    .filter({ hasText: 'local.txt' });
  await panel.row('remote.txt').click();
  await page.keyboard.press('Control+c');
  await local.click();
  await page.keyboard.press('Control+v');
  await panel.expectJob('remote.txt', 'done');
  expect(textOf(inWorkspace(tmpPath, 'remote.txt'))).toBe('r');

  await local.click();
  await page.keyboard.press('Control+x');
  await panel.row('remote.txt').click();
  await page.keyboard.press('Control+v');
  await panel.expectJob('local.txt', 'done');
  await expect(panel.row('local.txt')).toBeVisible();
  expect(textOf(onDoor(own, 'local.txt'))).toBe('l');
  await expect(local).toHaveCount(0);
  expect(textOf(inWorkspace(tmpPath, 'local.txt'))).toBeNull();
});
