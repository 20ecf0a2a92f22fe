/** For everybody: what axe finds, keys, narrow and wide, light and dark. */

import * as fs from 'node:fs';
import * as path from 'node:path';

import { serious } from './axe';
import { expect, galata, test } from './panel';
import { inWorkspace, lay, setSpeed } from './rig';

const THEMES = [
  'JupyterLab Light',
  'JupyterLab Dark',
  'JupyterLab Dark High Contrast'
];

for (const theme of THEMES) {
  test(`axe finds nothing serious in panel, dialogs and transfers: ${theme}`, async ({
    page,
    panel,
    tmpPath
  }) => {
    test.slow(); // axe looks at every element
    const isFirst = theme === THEMES[0]; // all but contrast is the same in the others
    await page.theme.setTheme(theme);
    await panel.start();
    await panel.enter('lst');
    await panel.choose('logs', 'Delete…');
    await expect(panel.dialog.getByRole('textbox')).toBeFocused();
    await expect(panel.dialog).toContainText('In all');
    expect(await serious(page, '.jp-Dialog', !isFirst)).toEqual([]);
    await panel.answer('Cancel');
    await panel.enter('logs');
    await panel.row('lstosa_20241114.log').click();
    expect(await serious(page, '#ctadata-panel', !isFirst)).toEqual([]);

    lay(inWorkspace(tmpPath), { 'lstosa_20241114.log': 'another\n' });
    await panel.choose('lstosa_20241114.log', /^Copy to “/);
    await panel.expectJob('lstosa_20241114.log', 'blocked');
    await panel.node.getByRole('searchbox').fill('(');
    await panel.node
      .getByRole('button', { name: 'Regular expression' })
      .click();
    expect(await serious(page, '#ctadata-panel', !isFirst)).toEqual([]);
    await panel.node.getByRole('searchbox').fill('');

    await panel.badge.click();
    await expect(panel.dialog).toBeVisible();
    expect(await serious(page, '.jp-Dialog', !isFirst)).toEqual([]);
    await panel.answer('Close');
    await panel.choose('lstosa_20241114.log', 'Delete…');
    await expect(panel.dialog).toContainText('1 file');
    expect(await serious(page, '.jp-Dialog', !isFirst)).toEqual([]);
    await panel.answer('Cancel');
    await panel.choose('lstosa_20241114.log', 'Details');
    await expect(panel.dialog.locator('.ctadata-Facts').first()).toBeVisible();
    expect(await serious(page, '.jp-Dialog', !isFirst)).toEqual([]);
  });
}

test('everything in the panel is reached by the tabulator, in the order in which it is seen', async ({
  page,
  panel
}) => {
  await panel.start();
  await panel.node.getByRole('radio').first().focus();
  const names: string[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const name = await page.evaluate(() => {
      const node = document.activeElement;
      const isInside = node?.closest('#ctadata-panel');
      return isInside
        ? (node?.getAttribute('aria-label') ?? node?.textContent ?? '')
        : null;
    });
    if (name === null) {
      break;
    }
    names.push(name);
    await page.keyboard.press('Tab');
  }
  const order = [
    /^(PROD|dev)$/,
    /^Storage$/,
    /^Login/,
    /^Places$/,
    /^Refresh$/,
    /^Filter/,
    /cta/,
    /Transfers/
  ];
  const found = order.map(pattern =>
    names.findIndex(name => pattern.test(name))
  );
  expect(found, names.join(' | ')).toEqual([...found].sort((a, b) => a - b));
  expect(found).not.toContain(-1);
});

test('without motion nothing turns, and no bar glides', async ({
  page,
  panel
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await panel.start();
  await panel.enter('cta');
  setSpeed(200_000);
  await panel.row('many').dblclick();
  const icon = panel.node.locator('.ctadata-mod-busy svg');
  await expect(icon).toBeVisible();
  const animation = await icon.evaluate(
    node => getComputedStyle(node).animationName
  );
  setSpeed(0);
  expect(animation).toBe('none');
  const lasting = await panel.node.evaluate(node => {
    const bar = document.createElement('div');
    bar.className = 'ctadata-Bar-done';
    node.append(bar);
    const { transitionDuration } = getComputedStyle(bar);
    bar.remove();
    return transitionDuration;
  });
  expect(lasting).toBe('0s');
});

for (const [width, side] of [
  [200, 'left'],
  [200, 'right'],
  [800, 'left']
] as const) {
  test.describe(`${width} px on the ${side}`, () => {
    test.use({
      mockSettings: {
        ...galata.DEFAULT_SETTINGS,
        'ctadata_jlab:plugin': { side }
      }
    });

    test(`nothing is cut off at ${width} px on the ${side}`, async ({
      page,
      panel
    }) => {
      await panel.start();
      await page.sidebar.setWidth(width, side);
      await panel.enter('lst', 'logs');
      await panel.row('lstosa_20241114.log').click();
      const outside = await panel.node.evaluate(node => {
        const { left, right } = node.getBoundingClientRect();
        return Array.from(
          node.querySelectorAll('button, input, .jp-DirListing-item, select')
        )
          .filter(one => one.checkVisibility())
          .filter(one => {
            const box = one.getBoundingClientRect();
            return box.left < left - 1 || box.right > right + 1;
          })
          .map(one => one.outerHTML.slice(0, 150));
      });
      expect(outside).toEqual([]);
      await page.screenshot({
        path: `test-results/pictures/width-${width}-${side}.png`,
        animations: 'disabled'
      });
    });
  });
}

/** What the panel says in other languages: a button, the count, an entry of the menu, a fact in its dialog. */
const WORDS = {
  fr_FR: ['Actualiser', '2 éléments', 'Détails', /^Modifié/],
  de_DE: ['Aktualisieren', '2 Einträge', 'Einzelheiten', /^Geändert/]
} as const;

for (const [locale, [refresh, count, details, fact]] of Object.entries(WORDS)) {
  test.describe(`in ${locale}`, () => {
    test.use({
      autoGoto: false,
      mockSettings: {
        ...galata.DEFAULT_SETTINGS,
        '@jupyterlab/translation-extension:plugin': {
          ...galata.DEFAULT_SETTINGS[
            '@jupyterlab/translation-extension:plugin'
          ],
          locale
        }
      }
    });

    test(`the panel and its dialogs speak the language of JupyterLab: ${locale}`, async ({
      page,
      panel
    }) => {
      // as if the language pack were installed, which knows what extensions bring
      const ours = JSON.parse(
        fs.readFileSync(
          path.join(
            __dirname,
            `../../ctadata_jlab/locale/${locale}/LC_MESSAGES/ctadata_jlab.json`
          ),
          'utf8'
        )
      ) as object;
      await page.route(`**/api/translations/${locale}*`, route =>
        route.fulfill({ json: { data: { ctadata_jlab: ours }, message: '' } })
      );
      await page.goto();
      await panel.start();
      await expect(
        panel.node.getByRole('button', { name: refresh })
      ).toBeVisible();
      await expect(panel.tally).toHaveText(count);
      await panel.choose('cta', details);
      await expect(
        panel.dialog.getByRole('rowheader', { name: fact })
      ).toBeVisible();
    });
  });
}
