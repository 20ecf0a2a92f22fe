/** What axe finds in a part of the page. */

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/** A menu, whose elements are JupyterLab's. */
export const MENU = '.lm-Menu';

/** What of a menu is Lumino's own: separators and submenus. */
const LUMINO = ['aria-required-children', 'listitem'];

/**
 * What is serious of what axe finds in a part of the page, or only of its contrast.
 *
 * #### Notes
 * JupyterLab's body hides what overflows it and is itself of no height, so
 * that axe takes everything for invisible and looks at no contrast: here the
 * body is as high as it looks.
 */
export async function serious(
  page: Page,
  part: string,
  onlyContrast = false
): Promise<string[]> {
  await page.evaluate(() => (document.body.style.height = '100vh'));
  const axe = new AxeBuilder({ page }).include(part);
  if (onlyContrast) {
    axe.withRules(['color-contrast']);
  } else if (part === MENU) {
    axe.disableRules(LUMINO);
  }
  const { violations, passes } = await axe.analyze();
  const looked = [...violations, ...passes].filter(
    ({ id }) => id === 'color-contrast'
  );
  const blind = looked.length ? [] : [`the contrast of ${part} was not seen`];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        node => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`
      )
    )
    .concat(blind);
}
