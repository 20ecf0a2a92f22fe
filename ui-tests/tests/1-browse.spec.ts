/** Browsing: folders, keys, crumbs, odd names, many entries. */

import { expect, LOWEST, test } from './together';

const ODD = [
  'two words.txt',
  '100% sure.txt',
  'run #7.txt',
  'really?.txt',
  'a+b.txt',
  '%2e%2e.txt',
  '\u00e9toile, one letter.txt',
  'e\u0301toile, letter and accent.txt',
  "'quotes' & <brackets>.txt",
  ';semi:colon=equals@at,comma.txt'
];

test('folders are entered by double-click, and left by the crumbs', async ({
  panel
}) => {
  await panel.start();
  await panel.enter('lst', 'DL1', '20241114', 'v0.10', 'tailcut84');
  await expect(panel.row('dl1_LST-1.Run19620.0000.h5')).toBeVisible();
  await expect(panel.rows).toHaveCount(15);

  await panel.crumbs.getByText('v0.10', { exact: true }).click();
  await panel.expectHere('v0.10');
  await expect(panel.row('tailcut84')).toBeVisible();
  await panel.crumbs.getByText('dCache', { exact: true }).click();
  await expect(panel.row('cta')).toBeVisible();
  await expect(panel.row('lst')).toBeVisible();
});

test(
  'folders are entered and left with the keyboard',
  LOWEST,
  async ({ page, panel }) => {
    await panel.start();
    await panel.row('cta').click();
    await page.keyboard.press('ArrowDown');
    await expect(panel.row('lst')).toHaveClass(/jp-mod-selected/);
    await page.keyboard.press('Enter');
    await expect(panel.row('DL1')).toBeVisible();
    await panel.row('DL1').click();
    await page.keyboard.press('Enter');
    await expect(panel.row('20241114')).toBeVisible();
    await panel.list.press('Backspace');
    await expect(panel.row('logs')).toBeVisible();
  }
);

test(
  'odd names are shown, and files of these names open',
  LOWEST,
  async ({ panel }) => {
    await panel.start();
    await panel.enter('cta', 'odd names');
    const names = await panel.names();
    expect([...names].sort()).toEqual([...ODD, 'a folder #1 (50%)'].sort());
    for (const name of ODD) {
      await panel.row(name).dblclick();
      await expect(
        panel.documents.locator('.cm-content:visible', {
          hasText: `This file is called ${name}`
        })
      ).toBeVisible();
    }
    await panel.enter('a folder #1 (50%)');
    await expect(panel.row('inside.txt')).toBeVisible();
  }
);

test('two spellings of one name are two files', async ({ panel }) => {
  await panel.start();
  await panel.enter('cta', 'two spellings');
  await expect(panel.rows).toHaveCount(2);
  await panel.row('\u00e9.txt').dblclick();
  await expect(
    panel.documents.locator('.cm-content:visible', { hasText: '5 characters' })
  ).toBeVisible();
  await panel.row('e\u0301.txt').dblclick();
  await expect(
    panel.documents.locator('.cm-content:visible', { hasText: '6 characters' })
  ).toBeVisible();
});

test('an empty folder is empty and no failure', async ({ panel }) => {
  await panel.start();
  await panel.enter('cta', 'empty');
  await expect(panel.rows).toHaveCount(0);
  await expect(panel.banner).toBeHidden();
  await expect(panel.empty).toHaveText('This folder is empty.');
  await panel.crumbs.getByText('cta', { exact: true }).click();
  await expect(panel.row('crab')).toBeVisible();
  await expect(panel.empty).toHaveText('');

  await panel.node.getByRole('searchbox').fill('no such name');
  await expect(panel.empty).toHaveText('No name matches the filter.');
  await panel.node.getByRole('searchbox').fill('');
  await expect(panel.row('crab')).toBeVisible();
  await expect(panel.empty).toHaveText('');
});

for (const width of [250, 400]) {
  test(`names have the most room, and nothing overlaps at ${width} px`, async ({
    page,
    panel
  }) => {
    await panel.start();
    await page.sidebar.setWidth(width, 'left');
    await panel.enter('lst', 'DL1', '20241114', 'v0.10', 'tailcut84');
    const row = panel.row('dl1_LST-1.Run19620.0000.h5');
    await expect(row).toHaveAttribute('title', /dl1_LST-1\.Run19620\.0000\.h5/);
    const [name, modified, size] = await Promise.all(
      ['itemText', 'itemModified', 'itemFileSize'].map(async part =>
        row.locator(`.jp-DirListing-${part}`).boundingBox()
      )
    );
    const text = row.locator('.jp-DirListing-itemText');
    const isCut = await text.evaluate(
      node => node.scrollWidth > node.clientWidth
    );
    expect(isCut).toBe(width === 250);
    expect(name!.width).toBeGreaterThan(width === 250 ? 65 : 150);
    expect(name!.x + name!.width).toBeLessThanOrEqual(modified!.x + 1);
    expect(modified!.x + modified!.width).toBeLessThanOrEqual(size!.x + 1);
    const box = (await panel.node.boundingBox())!;
    expect(size!.x + size!.width).toBeLessThanOrEqual(box.x + box.width);
    const refresh = panel.node.getByRole('button', { name: 'Refresh' });
    const button = (await refresh.boundingBox())!;
    expect(button.x + button.width).toBeLessThanOrEqual(box.x + box.width);
  });
}

test('a folder of 5 000 entries is quick, with few rows in the page', async ({
  panel
}) => {
  await panel.start();
  await panel.enter('cta');
  const begun = Date.now();
  await panel.row('many').dblclick();
  await expect(panel.row('event_00000.txt')).toBeVisible();
  expect(Date.now() - begun).toBeLessThan(8_000);
  await panel.expectHere('many');
  expect(await panel.rows.count()).toBeLessThan(300);

  await panel.list.evaluate(node => node.scrollTo(0, node.scrollHeight));
  await expect(panel.row('event_04999.txt')).toBeVisible();
  expect(await panel.rows.count()).toBeLessThan(300);
});

test('a folder that the door refuses leaves the list and says why', async ({
  panel
}) => {
  await panel.start();
  await panel.enter('cta');
  await panel.row('private').dblclick();
  await expect(panel.banner).toBeVisible();
  await expect(panel.banner).toContainText('private');
  await expect(panel.row('crab')).toBeVisible();
});
