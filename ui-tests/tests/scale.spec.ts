/** Many entries, and what is sent for them. */

import * as fs from 'node:fs';

import { expect, LOWEST, test } from './panel';
import { lay, onDoor, setSpeed } from './rig';

test(
  'rows far outside of the window are selected, named and found by the keyboard',
  LOWEST,
  async ({ page, panel, own }) => {
    lay(
      onDoor(own),
      Object.fromEntries(
        Array.from({ length: 1500 }, (_, k) => [`row ${k}.txt`, ''])
      )
    );
    await panel.startIn(own);
    await expect(panel.tally).toHaveText('1,500 entries');
    await panel.row('row 3.txt').click();
    // At once: after a second's pause JupyterLab begins another word.
    await page.evaluate(() => {
      for (const key of 'row 1234') {
        document.activeElement?.dispatchEvent(
          new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
        );
      }
    });
    await expect(panel.row('row 1234.txt')).toHaveClass(/jp-mod-selected/);
    await expect(panel.row('row 1234.txt')).toBeInViewport();
    await page.keyboard.press('ArrowDown');
    await expect(panel.row('row 1235.txt')).toHaveClass(/jp-mod-selected/);

    // The focus stays with its row while that is away.
    await panel.list.evaluate(node => node.scrollTo(0, 0));
    await expect(panel.row('row 0.txt')).toBeVisible();
    await page.keyboard.press('F2');
    const editor = page.locator('.jp-DirListing-editor');
    await expect(editor).toBeInViewport();
    await editor.fill('row renamed.txt');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => fs.existsSync(onDoor(own, 'row renamed.txt')))
      .toBe(true);

    await panel.row('row renamed.txt').click();
    await panel.list.evaluate(node => node.scrollTo(0, 0));
    await panel.row('row 4.txt').click({ modifiers: ['Shift'] });
    await expect(panel.tally).toContainText('1,496 selected');
    await page.keyboard.press('Control+a');
    await expect(panel.tally).toContainText('1,500 selected');
  }
);

test('the first rows are there while the rest arrives', async ({ panel }) => {
  await panel.start();
  await panel.enter('cta');
  setSpeed(200_000);
  await panel.row('many').dblclick();
  await expect(panel.tally).toHaveText(/so far…$/);
  await expect.poll(() => panel.rows.count()).toBeGreaterThan(20);
  expect(await panel.tally.textContent()).toMatch(/so far…$/);
  setSpeed(0);
  await expect(panel.tally).toHaveText('5,000 entries');
});

test('the panel asks for the transfers once when JupyterLab starts, and for nothing else before it is seen', async ({
  page,
  panel
}) => {
  const sent: string[] = [];
  page.on('request', request => {
    const { pathname } = new URL(request.url());
    if (pathname.includes('/ctadata-jlab/')) {
      sent.push(`${request.method()} ${pathname.split('/ctadata-jlab/')[1]}`);
    }
  });
  await page.reload();
  await expect(panel.tab('ctadata-panel')).toBeVisible();
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(3_000); // silence has no event to wait for
  expect(sent).toEqual(['GET jobs']);
  await panel.start();
  expect(sent.slice(1)).toContain('GET sources');
});
