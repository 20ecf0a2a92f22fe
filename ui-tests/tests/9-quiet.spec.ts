/** What a panel that nobody sees does: nothing. */

import { expect, galata, test } from './panel';

// More often than the silence lasts: a panel that is not quiet is heard.
test.use({
  mockSettings: {
    ...galata.DEFAULT_SETTINGS,
    'ctadata_jlab:plugin': { refreshInterval: 10 }
  }
});

test('a hidden panel sends nothing, however often a listing is refreshed', async ({
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
