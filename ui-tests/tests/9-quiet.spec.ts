/** What a panel that nobody sees does: nothing. */

import { expect, test } from './panel';

/** Longer than the panel waits for a refresh, in ms. */
const LONG = 400_000;

test.use({ autoGoto: false });

test('a hidden panel sends nothing, however long, and one that is seen lists again', async ({
  page,
  panel
}) => {
  await page.clock.install();
  await page.goto();
  await panel.start();
  await panel.enter('cta', 'crab');
  const sent: string[] = [];
  page.on('request', request => {
    const { pathname } = new URL(request.url());
    if (pathname.includes('/ctadata-jlab/')) {
      sent.push(`${request.method()} ${pathname.split('/ctadata-jlab/')[1]}`);
    }
  });
  const pass = async (): Promise<void> => {
    await page.clock.fastForward(LONG);
    await page.waitForLoadState('networkidle');
  };
  await pass();
  await expect.poll(() => sent).toEqual(['GET listing/dcache/cta/crab']);

  await panel.tab('filebrowser').click();
  await expect(panel.node).toBeHidden();
  sent.length = 0;
  for (let turn = 0; turn < 4; turn += 1) {
    await pass();
    await page.waitForTimeout(250); // silence has no event to wait for
  }
  expect(sent).toEqual([]);

  await panel.show();
  await expect.poll(() => sent).toEqual(['GET listing/dcache/cta/crab']);
});
