/** What works between the panel and the rest of JupyterLab. */

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';

import { expect, test } from './together';
import { lay, onDoor, textOf } from './rig';

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

test('a folder is saved on the user’s computer as one zip archive', async ({
  page,
  panel,
  own
}) => {
  lay(onDoor(own, 'run'), { 'a é.txt': 'one', 'deep/b.txt': 'two', empty: '' });
  await panel.startIn(own);
  const coming = page.waitForEvent('download');
  await panel.choose('run', 'Download to My Computer as Zip');
  const download = await coming;
  expect(download.suggestedFilename()).toBe('run.zip');
  const listed = execFileSync(
    process.env.PYTHON ?? 'python3',
    [
      '-c',
      'import json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(json.dumps({n: z.read(n).decode() for n in z.namelist()}))',
      await download.path()
    ],
    { encoding: 'utf8' }
  );
  expect(JSON.parse(listed)).toEqual({
    'run/': '',
    'run/a é.txt': 'one',
    'run/deep/': '',
    'run/deep/b.txt': 'two',
    'run/empty': ''
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
