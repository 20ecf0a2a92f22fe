/** The other systems of the field, each a storage like any other: an object store, clusters, a space, services. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { configure, expect, test, unconfigure } from './panel';
import { inWorkspace, lay, python, RUN, textOf } from './rig';

const FOLDER = path.join(RUN, 'peers');
const PICTURES = process.env.CTADATA_SCREENSHOTS
  ? path.join(__dirname, '..', '..', 'docs', 'images')
  : path.join(__dirname, '..', 'test-results', 'pictures');

/** What is known of a source: what shows it, its way to the night's folder, and its picture. */
const PEERS = [
  { name: 'store', title: 'Object store', way: [], picture: 's3' },
  {
    name: 'alps',
    title: 'Alps',
    way: ['daint', 'users'],
    picture: 'firecrest'
  },
  { name: 'space', title: 'Onedata', way: ['space'], picture: 'onedata' },
  {
    name: 'oscar',
    title: 'OSCAR',
    way: ['cowsay', 'minio.default', 'moo'],
    picture: 'oscar'
  }
];

let server: ChildProcess;
let settings: Record<string, object> = {};

test.beforeAll(async ({ request, baseURL }) => {
  test.setTimeout(120_000);
  fs.rmSync(FOLDER, { recursive: true, force: true });
  fs.mkdirSync(PICTURES, { recursive: true });
  const program = path.join(__dirname, '..', 'peers.py');
  server = spawn(python(), [program, FOLDER], {
    stdio: ['pipe', 'pipe', 'inherit']
  });
  const [line] = (await once(server.stdout!, 'data')) as [Buffer];
  settings = JSON.parse(line.toString()) as Record<string, object>;
  for (const { name } of PEERS) {
    await configure(request, baseURL!, name, settings[name]);
  }
});

test.afterAll(async ({ request, baseURL }) => {
  for (const { name } of PEERS) {
    await unconfigure(request, baseURL!, name);
  }
  server.stdin!.end();
  await once(server, 'exit');
  fs.rmSync(FOLDER, { recursive: true, force: true });
});

test('each is browsed, a folder comes down, a file goes up', async ({
  page,
  panel,
  tmpPath
}) => {
  test.setTimeout(120_000);
  const heard: string[] = [];
  page.on('response', async answer => {
    if (answer.url().includes('/ctadata-jlab/')) {
      heard.push(await answer.text().catch(() => ''));
    }
  });
  await panel.reload();
  await panel.widen(380);
  for (const { name, title, way, picture } of PEERS) {
    await test.step(title, async () => {
      await panel.pick(title);
      await panel.enter(...way, 'night');
      await expect(panel.row('run 1.txt')).toBeVisible();
      await expect(panel.row('é.txt')).toBeVisible();

      const deep = `deep ${name}`;
      await panel.choose(deep, 'Copy to Workspace…');
      await panel.answer('Select');
      await panel.expectJob(deep, 'done');
      expect(textOf(inWorkspace(tmpPath, deep, 'run#2.txt'))).toBe(
        `night/${deep}/run#2.txt`
      );

      const mine = `new é ${name}.txt`;
      lay(inWorkspace(tmpPath), { [mine]: 'from here' });
      const chooser = page.waitForEvent('filechooser');
      await page.evaluate(async () => {
        await window.jupyterapp.commands.execute('ctadata:upload');
      });
      await (await chooser).setFiles(inWorkspace(tmpPath, mine));
      await panel.expectJob(mine, 'done');
      await expect(panel.row(mine)).toBeVisible();
      const count = await panel.rows.count();
      await expect(panel.tally).toContainText(`${count} entries`);
      await panel.node.screenshot({
        path: path.join(PICTURES, `${picture}.png`)
      });
      await panel.node
        .getByRole('button', { name: 'Clear', exact: true })
        .click();
      await expect(panel.job(mine)).toHaveCount(0);
    });
  }
  const secrets = fs.readFileSync(path.join(FOLDER, 'secrets'), 'utf8');
  expect(heard.length).toBeGreaterThan(0);
  for (const secret of secrets.split('\n')) {
    expect(heard.join('\n') + (await page.content())).not.toContain(secret);
  }
});

test('a service runs on a file: waited for, or by its input folder', async ({
  page,
  panel,
  tmpPath
}) => {
  await panel.reload();
  await panel.pick('OSCAR');
  await panel.enter('cowsay', 'minio.default', 'moo', 'night');
  const choose = async () => {
    await panel.choose('hello.json', 'Run on a Service…');
    await expect(panel.dialog).toContainText('/cowsay/minio.default/moo/out');
  };

  await choose();
  await page.screenshot({ path: path.join(PICTURES, 'oscar-run.png') });
  await panel.dialog.getByText('Run now and open the answer').click();
  await panel.answer('Run');
  await expect(panel.documents.locator('.cm-content')).toContainText(
    '< Hi there >'
  );
  const kept = inWorkspace(tmpPath, 'hello.json.cowsay.txt');
  expect(textOf(kept)).toBe('< Hi there >\n');

  await choose();
  await panel.answer('Run');
  await panel.expectJob('hello.json', 'done');
  await panel.crumbs.getByText('moo', { exact: true }).click();
  await panel.expectHere('moo');
  await panel.enter('in');
  await expect(panel.row('hello.json')).toBeVisible();

  await panel.choose('hello.json', 'Runs of Services…');
  await panel.dialog.getByText('cowsay-7d1x').click();
  await expect(panel.dialog).toContainText('SCRIPT: read /tmp/in/run 1.txt');
  await page.screenshot({ path: path.join(PICTURES, 'oscar-runs.png') });
  await panel.answer('Close');
});
