/** More of what goes wrong with drives beside JupyterLab's own files. */

import type { Page } from '@playwright/test';

import { expect, test } from './together';
import { lay, onDoor } from './rig';

/** What is sent to our extension, as method and what it is for. */
function listen(page: Page): string[] {
  const sent: string[] = [];
  page.on('request', request => {
    const [, ours] = new URL(request.url()).pathname.split('/ctadata-jlab/');
    if (ours) {
      sent.push(`${request.method()} ${ours.split('/')[0]}`);
    }
  });
  return sent;
}

/** How often something is in a list. */
const count = (list: string[], one: string): number =>
  list.filter(other => other === one).length;

test('no entry of JupyterLab that would lie shows on our rows, nor on a selection of them or below them', async ({
  panel,
  own
}) => {
  lay(onDoor(own), { 'f.txt': 'f', 'g.txt': 'g', 'folder/x': 'x' });
  await panel.startIn(own);
  const lies = /trash|shareable|download link|^delete$|^download$/i;
  const labels = async (): Promise<string[]> => {
    const all = await panel.menu.locator('.lm-Menu-itemLabel').allInnerTexts();
    await panel.page.keyboard.press('Escape');
    await expect(panel.menu).toHaveCount(0);
    return all.filter(label => label.trim());
  };
  for (const name of ['f.txt', 'folder']) {
    await panel.row(name).click({ button: 'right' });
    const some = await labels();
    expect(some).toContain('Copy Path');
    expect(some.filter(label => lies.test(label))).toEqual([]);
  }
  await panel.row('f.txt').click();
  await panel.row('g.txt').click({ modifiers: ['Shift'] });
  await panel.row('g.txt').click({ button: 'right' });
  expect((await labels()).filter(label => lies.test(label))).toEqual([]);
  const { height } = (await panel.list.boundingBox())!;
  await panel.list.click({
    button: 'right',
    position: { x: 60, y: height - 20 }
  });
  expect((await labels()).filter(label => lies.test(label))).toEqual([]);
});

test('a document of the storage is plain, also where those of the workspace are shared live', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own), { 'alone.txt': 'mine alone' });
  await panel.startIn(own);
  // as an extension for working together does
  const undo = await page.evaluateHandle(() => {
    interface IShared {
      defaultDrive?: object;
      _defaultDrive: { sharedModelFactory?: object };
    }
    const contents = window.jupyterapp.serviceManager
      .contents as unknown as IShared;
    const drive = contents._defaultDrive;
    drive.sharedModelFactory = {
      collaborative: true,
      createNew: () => {
        document.body.dataset.shared = 'yes';
        return undefined;
      }
    };
    return drive;
  });
  try {
    await panel.row('alone.txt').dblclick();
    await expect(
      panel.documents.locator('.jp-FileEditor:visible .cm-content')
    ).toContainText('mine alone');
    const facts = await page.evaluate(path => {
      const { contents } = window.jupyterapp.serviceManager;
      return {
        ours: contents.getSharedModelFactory(path) === null,
        shared: document.body.dataset.shared ?? 'no'
      };
    }, `ctadata:dcache/${own}/alone.txt`);
    expect(facts).toEqual({ ours: true, shared: 'no' });
  } finally {
    await undo.evaluate(drive => delete drive.sharedModelFactory);
  }
});

test('a folder of thousands is asked for once, as a stream, and not entry by entry', async ({
  page,
  panel
}) => {
  await panel.start();
  await panel.enter('cta');
  const sent = listen(page);
  await panel.enter('many');
  await expect(panel.tally).toHaveText('5,000 entries');
  await panel.list.evaluate(node => node.scrollTo(0, node.scrollHeight));
  await expect(panel.row('event_04999.txt')).toBeVisible();
  expect(count(sent, 'GET listing')).toBe(1);
  expect(sent.filter(one => one.endsWith(' contents'))).toEqual([]);
});
