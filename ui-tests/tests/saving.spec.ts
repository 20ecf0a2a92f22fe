/** Saving back what somebody else changed meanwhile: nothing of either is lost unasked. */

import type { Locator } from '@playwright/test';
import * as fs from 'node:fs';

import { notebookOf } from './cells';
import { expect, test } from './together';
import type { Panel } from './together';
import { lay, onDoor, textOf } from './rig';

/** How each kind is opened, and where one writes. */
const KINDS = {
  'a notebook': {
    name: 'shared é.ipynb',
    factory: 'Notebook',
    first: notebookOf(['x = 1'], {}),
    theirs: notebookOf(['theirs = 2'], {}),
    editor: '.jp-Notebook:visible .jp-CodeCell .cm-content'
  },
  'a table': {
    name: 'runs.csv',
    factory: 'Editor',
    first: 'run,zenith\n1,20\n',
    theirs: 'run,zenith\n1,20\n2,40\n',
    editor: '.jp-FileEditor:visible .cm-content'
  }
};

/** Open a file of the panel, and change it there. */
async function edit(
  panel: Panel,
  own: string,
  { name, factory, editor }: (typeof KINDS)['a table']
): Promise<Locator> {
  await panel.page.evaluate(
    ([path, how]) => {
      void window.jupyterapp.commands.execute('docmanager:open', {
        ...{ path, factory: how, kernelPreference: { shouldStart: false } }
      });
    },
    [`ctadata:dcache/${own}/${name}`, factory]
  );
  const place = panel.documents.locator(editor);
  await place.click();
  await panel.page.keyboard.press('Control+End');
  await panel.page.keyboard.type('mine');
  await expect(place).toContainText('mine');
  return place;
}

for (const [kind, facts] of Object.entries(KINDS)) {
  test(`${kind} that somebody else changed meanwhile is not saved over unasked, and neither is lost`, async ({
    page,
    panel,
    own
  }) => {
    const { name, first, theirs } = facts;
    const file = onDoor(own, name);
    lay(onDoor(own), { [name]: first });
    await panel.startIn(own);
    const place = await edit(panel, own, facts);
    await page.keyboard.press('Control+s');
    await expect.poll(() => textOf(file)).toContain('mine');
    await expect(panel.dialog).toHaveCount(0);

    fs.writeFileSync(file, theirs);
    // as one who brings back an older file: by the time nobody would see it
    const earlier = new Date(Date.now() - 3_600_000);
    fs.utimesSync(file, earlier, earlier);
    await place.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' again');
    await page.keyboard.press('Control+s');
    await expect(panel.dialog).toContainText(/changed/i);
    expect(textOf(file)).toBe(theirs);
    await panel.answer('Cancel');
    await expect(panel.dialog).toHaveCount(0);
    expect(textOf(file)).toBe(theirs);
    await expect(place).toContainText('mine again');

    // who looked at it and wants it so may have it so
    await place.click();
    await page.keyboard.press('Control+s');
    await expect(panel.dialog).toContainText(/changed/i);
    await panel.answer('Overwrite');
    await expect.poll(() => textOf(file)).toContain('mine again');
    await expect(panel.dialog).toHaveCount(0);
  });
}
