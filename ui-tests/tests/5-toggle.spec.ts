/** Production and development, and what a reload keeps. */

import { expect, test } from './panel';

test('the toggle keeps the folder where the other side has it', async ({
  panel
}) => {
  await panel.start();
  await panel.enter('cta', 'crab');
  const prod = panel.node.getByRole('radio', { name: 'PROD' });
  const dev = panel.node.getByRole('radio', { name: 'dev' });
  await expect(prod).toBeChecked();
  await expect(panel.node).toHaveClass(/ctadata-mod-prod/);
  await dev.click();
  await expect(dev).toBeChecked();
  await panel.expectHere('crab');
  await expect(panel.crumbs).toContainText('dCache dev');
  await expect(panel.row('runs.csv')).toBeVisible();
  await prod.click();
  await expect(prod).toBeChecked();
  await panel.expectHere('crab');
});

test('the toggle leads to the nearest parent that the other side has', async ({
  panel
}) => {
  await panel.start();
  await panel.enter('lst', 'DL1', '20241115', 'v0.10');
  await panel.node.getByRole('radio', { name: 'dev' }).click();
  await panel.expectHere('DL1');
  await expect(panel.crumbs).toContainText('dCache dev');
  await expect(panel.row('20241114')).toBeVisible();
  await expect(panel.row('20241115')).toHaveCount(0);
  await expect(panel.banner).toBeHidden();
});

test('production is visibly production', async ({ panel }) => {
  await panel.start();
  const colours = (): Promise<string[]> =>
    panel.node.evaluate(node => {
      const probe = document.createElement('i');
      probe.style.color = 'var(--jp-error-color1)';
      node.append(probe);
      const red = getComputedStyle(probe).color;
      probe.remove();
      const side = node.querySelector('.ctadata-Toggle [aria-checked="true"]');
      return [
        red,
        getComputedStyle(node).borderLeftColor,
        getComputedStyle(side as Element).backgroundColor,
        getComputedStyle(node).borderLeftWidth
      ];
    });
  const [red, edge, side, width] = await colours();
  expect([edge, side, width]).toEqual([red, red, '4px']);
  await panel.node.getByRole('radio', { name: 'dev' }).click();
  await expect(panel.crumbs).toContainText('dCache dev');
  const [, devEdge, devSide, devWidth] = await colours();
  expect(devSide).not.toBe(red);
  expect(devEdge).not.toBe(red);
  expect(devWidth).toBe('4px'); // nothing moves when it is switched
});

test('a reload shows the same folder of the same storage again', async ({
  page,
  panel
}) => {
  await panel.start();
  await panel.node.getByRole('radio', { name: 'dev' }).click();
  await expect(panel.crumbs).toContainText('dCache dev');
  const saved = panel.saved(
    /dcache-dev\/lst\/logs/,
    /"current":"ctadata-panel"/
  );
  await panel.enter('lst', 'logs');
  await saved;
  await page.reload();
  await expect(panel.node).toBeVisible();
  await panel.expectHere('logs');
  await expect(panel.crumbs).toContainText('dCache dev');
  await expect(panel.row('lstosa_20241114.log')).toBeVisible();
  await expect(panel.node.getByRole('radio', { name: 'dev' })).toBeChecked();
});
