/** What works between the panel and the rest of JupyterLab. */

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';

import { expect, test } from './together';
import { hashOf, lay, onDoor, python, textOf, treeOf } from './rig';

const clipboard = (): Promise<string> => navigator.clipboard.readText();

test('the path of a file is copied', async ({ page, panel }) => {
  await panel.start();
  await panel.enter('cta', 'odd names');
  await panel.choose('run #7.txt', 'Copy Path');
  await expect
    .poll(() => page.evaluate(clipboard))
    .toBe('/cta/odd names/run #7.txt');
});

test('code for a notebook is copied', async ({ page, panel }) => {
  await panel.start();
  await panel.enter('lst', 'DL1', '20241114', 'v0.10', 'tailcut84');
  await panel.choose('dl1_LST-1.Run19620.0000.h5', 'Copy Code for a Notebook');
  await expect
    .poll(() => page.evaluate(clipboard))
    .toContain(
      "ctadata_jlab.source('dcache').open('/lst/DL1/20241114/v0.10/tailcut84/dl1_LST-1.Run19620.0000.h5')"
    );
  expect(await page.evaluate(clipboard)).toContain('import h5py');
});

test('a file is saved on the user’s computer', async ({ page, panel, own }) => {
  lay(onDoor(own), { 'to take é.txt': 'home' });
  await panel.startIn(own);
  const coming = page.waitForEvent('download');
  await panel.choose('to take é.txt', 'Download to My Computer');
  const download = await coming;
  expect(download.suggestedFilename()).toBe('to take é.txt');
  expect(textOf(await download.path())).toBe('home');
});

/** What a zip archive holds: the hashes of its files, by their names. */
function packed(archive: string): Record<string, string> {
  const program =
    'import hashlib, json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n' +
    'print(json.dumps({n: hashlib.sha256(z.read(n)).hexdigest() for n in z.namelist() if not n.endswith("/")}))';
  const listed = execFileSync(python(), ['-c', program, archive], {
    encoding: 'utf8'
  });
  return JSON.parse(listed) as Record<string, string>;
}

test('a folder, or a selection, is saved on the user’s computer as one zip archive, byte for byte', async ({
  page,
  panel,
  own
}) => {
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, k) => k % 251));
  lay(onDoor(own), {
    'run/a é.txt': 'one',
    'run/deep/b.txt': 'two',
    'run/empty': '',
    'beside.txt': 'three',
    'not this.txt': 'four'
  });
  fs.writeFileSync(onDoor(own, 'run', 'deep', 'c.bin'), bytes);
  await panel.startIn(own);
  let coming = page.waitForEvent('download');
  await panel.choose('run', 'Download to My Computer as Zip');
  let download = await coming;
  expect(download.suggestedFilename()).toBe('run.zip');
  const inRun = Object.fromEntries(
    Object.entries(treeOf(onDoor(own, 'run'))).map(([name, hash]) => [
      `run/${name}`,
      hash
    ])
  );
  expect(Object.keys(inRun)).toHaveLength(4);
  expect(packed(await download.path())).toEqual(inRun);

  await panel.row('run').click();
  await panel.row('beside.txt').click({ modifiers: ['ControlOrMeta'] });
  coming = page.waitForEvent('download');
  await panel.choose('beside.txt', 'Download to My Computer as Zip');
  download = await coming;
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
  expect(packed(await download.path())).toEqual({
    ...inRun,
    'beside.txt': hashOf(onDoor(own, 'beside.txt'))
  });
});

test('what is missing is told before a download begins', async ({
  panel,
  own
}) => {
  lay(onDoor(own), { 'gone.txt': 'soon' });
  await panel.startIn(own);
  fs.rmSync(onDoor(own, 'gone.txt'));
  await panel.choose('gone.txt', 'Download to My Computer');
  await expect(panel.banner).toContainText('gone.txt');
});
