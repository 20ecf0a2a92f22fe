/** Uploads from the desktop. */

import type { Page } from '@playwright/test';
import * as fs from 'node:fs';

import { expect, LOWEST, test } from './together';
import { inWorkspace, lay, onDoor, setSpeed, textOf, treeOf } from './rig';

/** What the page asks of the server from now on, with the ids of transfers left out. */
function requestsOf(page: Page): string[] {
  const sent: string[] = [];
  page.on('request', request => {
    const { pathname } = new URL(request.url());
    const [, route] = pathname.split(/\/(?:ctadata-jlab|api\/contents)\//);
    if (route) {
      sent.push(
        `${request.method()} ${route.replace(/^jobs\/[^/]+/, 'jobs/…')}`
      );
    }
  });
  return sent;
}

const ODD = '100% of #2, é e\u0301?.txt';

test('files that are dropped from the desktop are uploaded, each by one request as it is', async ({
  page,
  panel,
  own
}) => {
  await panel.startIn(own);
  const data = await page.evaluateHandle(name => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['hello, wörld'], name));
    transfer.items.add(new File([new Uint8Array(3_000_000).fill(7)], 'b.bin'));
    return transfer;
  }, ODD);
  const sent = requestsOf(page);
  await panel.list.dispatchEvent('dragenter', { dataTransfer: data });
  await panel.list.dispatchEvent('dragover', { dataTransfer: data });
  await panel.list.dispatchEvent('drop', { dataTransfer: data });

  await expect(panel.row(ODD)).toBeVisible();
  await expect(panel.row('b.bin')).toBeVisible();
  await expect(panel.node.locator('.ctadata-Job').first()).toHaveAttribute(
    'data-state',
    'done'
  );
  expect(textOf(onDoor(own, ODD))).toBe('hello, wörld');
  const bytes = fs.readFileSync(onDoor(own, 'b.bin'));
  expect(bytes.length).toBe(3_000_000);
  expect(bytes.every(byte => byte === 7)).toBe(true);

  // One request for each file as it is: none in pieces, as text, or with a listing of its own.
  const bodies = sent.filter(one => /^(PUT|POST|PATCH) /.test(one)).sort();
  expect(bodies).toEqual([
    'POST jobs',
    'PUT jobs/…/items/0',
    'PUT jobs/…/items/1'
  ]);
  const listings = sent.filter(one => one.startsWith('GET listing/'));
  expect(listings.length).toBeLessThanOrEqual(2);
});

test('an upload is cancelled in the panel, and leaves nothing', async ({
  page,
  panel,
  own
}) => {
  await panel.startIn(own);
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    // more than what lies between the server and the door holds
    transfer.items.add(new File([new Uint8Array(40_000_000)], 'long.bin'));
    return transfer;
  });
  setSpeed(300_000);
  try {
    await panel.list.dispatchEvent('drop', { dataTransfer: data });
    await panel.expectJob('long.bin', 'running');
    await panel.job('long.bin').getByRole('button', { name: 'Cancel' }).click();
    await panel.expectJob('long.bin', 'cancelled');
  } finally {
    setSpeed(0);
  }
  await expect.poll(() => fs.readdirSync(onDoor(own))).toEqual([]);
  await panel.node.getByRole('button', { name: 'Refresh' }).click();
  await expect(panel.empty).toHaveText('This folder is empty.');
  await expect(panel.banner).toBeHidden();
});

test(
  'a folder that is dropped from the desktop is uploaded with all in it',
  LOWEST,
  async ({ page, panel, own, browserName }) => {
    test.skip(browserName !== 'chromium', 'drops by the DevTools protocol');
    const desk = inWorkspace('desktop');
    lay(desk, { 'night/run 1.txt': 'one', 'night/deep/run#2.txt': 'two' });
    fs.mkdirSync(`${desk}/night/nothing`, { recursive: true });
    await panel.startIn(own);
    const box = await panel.list.boundingBox();
    const at = { x: box!.x + 40, y: box!.y + 60 };
    const session = await page.context().newCDPSession(panel.node.page());
    const data = { items: [], files: [`${desk}/night`], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, ...at, data });
    }
    await expect(panel.row('night')).toBeVisible();
    await expect(panel.node.locator('.ctadata-Job').first()).toHaveAttribute(
      'data-state',
      'done'
    );
    expect(treeOf(onDoor(own))).toEqual(treeOf(desk));
    expect(fs.existsSync(onDoor(own, 'night', 'nothing'))).toBe(true);
    fs.rmSync(desk, { recursive: true });
  }
);

test('files and folders are uploaded by the file chooser', async ({
  page,
  panel,
  own
}) => {
  const desk = inWorkspace('chosen');
  lay(desk, { 'tree/a.txt': 'a', 'tree/sub/b.txt': 'b', 'alone.txt': 'c' });
  await panel.startIn(own);
  const choose = async (entry: string, file: string): Promise<void> => {
    const chooser = page.waitForEvent('filechooser');
    await panel.list.click({ button: 'right', position: { x: 60, y: 90 } });
    await panel.menu.getByText(entry, { exact: true }).click();
    await (await chooser).setFiles(file);
  };
  await choose('Upload…', `${desk}/alone.txt`);
  await expect(panel.row('alone.txt')).toBeVisible();
  await choose('Upload Folder…', `${desk}/tree`);
  await expect(panel.row('tree')).toBeVisible();
  await expect
    .poll(() => treeOf(onDoor(own)), { timeout: 30_000 })
    .toEqual(treeOf(desk));
  fs.rmSync(desk, { recursive: true });
});

test('an upload over files that exist asks first, and once', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'taken.txt': 'old', 'too.txt': 'old too' });
  await panel.startIn(own);
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['new one'], 'taken.txt'));
    transfer.items.add(new File(['new two'], 'too.txt'));
    return transfer;
  });
  await panel.list.dispatchEvent('drop', { dataTransfer: data });
  const job = panel.node.locator('.ctadata-Job').first();
  await expect(job).toContainText('2 targets exist already');
  expect(textOf(onDoor(own, 'taken.txt'))).toBe('old');
  await job.getByRole('button', { name: 'Keep both' }).click();
  await expect(job).toHaveAttribute('data-state', 'done');
  await expect(panel.rows).toHaveCount(4);
  expect(textOf(onDoor(own, 'taken.txt'))).toBe('old');
  expect(textOf(onDoor(own, 'too.txt'))).toBe('old too');
});

test('a file of the file browser is copied to the storage', async ({
  page,
  panel,
  own,
  tmpPath
}) => {
  lay(inWorkspace(tmpPath), { 'result.txt': 'made here' });
  await panel.startIn(own);
  await panel.tab('filebrowser').click();
  const row = page
    .locator('#filebrowser .jp-DirListing-item')
    .filter({ hasText: 'result.txt' });
  await page
    .locator('#filebrowser')
    .getByRole('button', { name: /Refresh/ })
    .click();
  await row.click({ button: 'right' });
  await panel.menu.getByText('Copy to dCache…', { exact: true }).click();
  await expect(panel.dialog.locator('input')).toHaveValue(`dcache/${own}`);
  await panel.dialog.locator('.jp-mod-accept').click();
  await panel.show();
  await panel.expectJob('result.txt', 'done');
  expect(textOf(onDoor(own, 'result.txt'))).toBe('made here');
});
