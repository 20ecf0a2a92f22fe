/** An object store as a storage: browsed, downloaded from, uploaded to. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { configure, expect, test, unconfigure } from './panel';
import { inWorkspace, lay, python, RUN, textOf } from './rig';

const FOLDER = path.join(RUN, 'store');
let server: ChildProcess;
let url = '';

test.beforeAll(async () => {
  test.setTimeout(120_000);
  fs.rmSync(FOLDER, { recursive: true, force: true });
  const program = path.join(__dirname, '..', 'store.py');
  server = spawn(python(), [program, FOLDER], {
    stdio: ['pipe', 'pipe', 'inherit']
  });
  const [line] = (await once(server.stdout!, 'data')) as [Buffer];
  url = line.toString().trim();
});

test.afterAll(async () => {
  server.stdin!.end();
  await once(server, 'exit');
  fs.rmSync(FOLDER, { recursive: true, force: true });
});

test('an object store is browsed, a folder comes down, a file goes up', async ({
  page,
  panel,
  request,
  baseURL,
  tmpPath
}) => {
  await configure(request, baseURL!, 'store', {
    title: 'Object store',
    kind: 's3',
    url,
    root: '/nights',
    login: { kind: 'auto', file: path.join(FOLDER, 'credentials') }
  });
  try {
    const keys = fs.readFileSync(path.join(FOLDER, 'credentials'), 'utf8');
    const secret = keys.split('aws_secret_access_key = ')[1].trim();
    const heard: string[] = [];
    page.on('response', async answer => {
      if (answer.url().includes('/ctadata-jlab/')) {
        heard.push(await answer.text().catch(() => ''));
      }
    });
    await panel.reload();
    await panel.pick('Object store');
    await panel.enter('night');
    await expect(panel.row('run 1.txt')).toBeVisible();
    await expect(panel.row('é.txt')).toBeVisible();
    await panel.enter('deep');
    await expect(panel.row('run#2.txt')).toBeVisible();

    await panel.crumbs.getByText('night', { exact: true }).click();
    await panel.expectHere('night');
    await panel.choose('deep', 'Copy to Workspace…');
    await panel.answer('Select');
    await panel.expectJob('deep', 'done');
    expect(textOf(inWorkspace(tmpPath, 'deep', 'run#2.txt'))).toBe(
      'night/deep/run#2.txt'
    );

    lay(inWorkspace(tmpPath), { 'new é.txt': 'from here' });
    const chooser = page.waitForEvent('filechooser');
    await page.evaluate(async () => {
      await window.jupyterapp.commands.execute('ctadata:upload');
    });
    await (await chooser).setFiles(inWorkspace(tmpPath, 'new é.txt'));
    await expect(panel.row('new é.txt')).toBeVisible();
    await panel.expectJob('new é.txt', 'done');

    const pictures = path.join(__dirname, '..', 'test-results', 'pictures');
    const kept = path.join(__dirname, '..', '..', 'docs', 'images');
    const folder = process.env.CTADATA_SCREENSHOTS ? kept : pictures;
    fs.mkdirSync(folder, { recursive: true });
    await panel.node.screenshot({ path: path.join(folder, 's3.png') });
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.join('\n')).not.toContain(secret);
  } finally {
    await unconfigure(request, baseURL!, 'store');
  }
});
