/** What a panel that nobody sees does: nothing. */

import { expect, test } from './panel';

test('a hidden panel sends nothing for a quarter of a minute', async ({
  page,
  panel
}) => {
  await panel.start();
  await panel.enter('cta', 'crab');
  await panel.tab('filebrowser').click();
  await expect(panel.node).toBeHidden();
  await page.waitForLoadState('networkidle');
  const sent: string[] = [];
  page.on('request', request => {
    if (request.url().includes('/ctadata-jlab/')) {
      sent.push(`${request.method()} ${request.url()}`);
    }
  });
  await page.waitForTimeout(15_000); // silence has no event to wait for
  expect(sent).toEqual([]);

  await panel.show();
  await expect.poll(() => sent.length).toBeGreaterThan(0);
});

test('a panel that was never opened asks for no folder', async ({ page }) => {
  const sent: string[] = [];
  page.on('request', request => {
    if (request.url().includes('/ctadata-jlab/listing/')) {
      sent.push(request.url());
    }
  });
  await page.reload();
  await expect(
    page.locator('.jp-SideBar .lm-TabBar-tab[data-id="ctadata-panel"]')
  ).toBeVisible();
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(3_000);
  expect(sent).toEqual([]);
});
