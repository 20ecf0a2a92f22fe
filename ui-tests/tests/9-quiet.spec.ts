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
