/** A dCache with a tape behind it, and the same only to be read. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { configure, expect, test, unconfigure } from './panel';
import { inWorkspace, python, RUN, textOf } from './rig';

const FOLDER = path.join(RUN, 'tape');
const CONFIG = path.join(RUN, 'ctadata.toml');

let server: ChildProcess;

test.beforeAll(async ({ request, baseURL }) => {
  fs.rmSync(FOLDER, { recursive: true, force: true });
  const program = path.join(__dirname, '..', 'tape.py');
  server = spawn(python(), [program, FOLDER], {
    stdio: ['pipe', 'pipe', 'inherit']
  });
  const [line] = (await once(server.stdout!, 'data')) as [Buffer];
  const { url, frontend, token } = JSON.parse(line.toString()) as Record<
    string,
    string
  >;
  // The frontend is nothing that the panel can set.
  fs.appendFileSync(CONFIG, `\n[sources.tape]\nfrontend = "${frontend}"\n`);
  const login = { kind: 'file', file: token };
  const door = { kind: 'dcache', url, login };
  await configure(request, baseURL!, 'tape', { ...door, title: 'Tape' });
  await configure(request, baseURL!, 'museum', {
    ...door,
    title: 'Museum',
    read_only: true
  });
});

test.afterAll(async ({ request, baseURL }) => {
  for (const name of ['tape', 'museum']) {
    await unconfigure(request, baseURL!, name);
  }
  server.stdin!.end();
  await once(server, 'exit');
  fs.rmSync(FOLDER, { recursive: true, force: true });
});

test('what is on tape is marked, not waited for by an editor, and comes to disk when it is asked for; what is only read says so', async ({
  page,
  panel,
  tmpPath
}) => {
  await panel.show();
  await panel.pick('Tape');
  const onTape = panel.node.locator('[data-ctadata-online="false"]');
  await expect(onTape).toHaveCount(2);
  await expect(panel.row('disk.txt')).not.toHaveAttribute(
    'data-ctadata-online',
    'false'
  );

  await panel.row('a.txt').dblclick();
  await expect(panel.dialog).toContainText('“a.txt” is on tape');
  await panel.answer('Cancel');
  await expect(panel.documents.locator('.jp-FileEditor')).toHaveCount(0);

  await panel.choose('run', /^Copy to “/);
  await expect(panel.job('run')).toContainText('waits for files from tape');
  await panel.row('a.txt').dblclick();
  await panel.answer('Bring to Disk');
  await expect(panel.job('a.txt')).toContainText('waits for files from tape');
  server.stdin!.write('bring\n');
  await panel.row('b.txt').click();
  await panel.row('disk.txt').click({ modifiers: ['Control'] });
  await panel.choose('b.txt', 'Bring to Disk (Stage)');

  await panel.expectJob('a.txt', 'done');
  await panel.expectJob('b.txt and 1 more', 'done');
  await expect(panel.job('b.txt and 1 more')).toContainText('2 of 2 files');
  await expect(onTape).toHaveCount(0);
  await panel.expectJob('run', 'done');
  expect(textOf(inWorkspace(tmpPath, 'run', 'c.txt'))).toBe('/run/c.txt');

  await panel.row('a.txt').dblclick();
  await expect(
    panel.documents.locator('.jp-FileEditor:visible .cm-content')
  ).toContainText('/a.txt');
  await panel.row('disk.txt').click({ button: 'right' });
  await expect(
    panel.menu.locator('.lm-Menu-item.lm-mod-disabled', {
      hasText: 'Bring to Disk (Stage)'
    })
  ).toBeVisible();
  await page.keyboard.press('Escape');

  await panel.pick('Museum');
  const why = 'Museum is read-only: nothing can be changed there.';
  await expect(panel.node.getByRole('img', { name: why })).toBeVisible();
  await panel.row('disk.txt').click({ button: 'right' });
  const grey = panel.menu.locator('.lm-Menu-item.lm-mod-disabled');
  for (const label of [why, 'Rename', 'Move…', 'Cut', 'Delete…', 'Upload…']) {
    await expect(grey.getByText(label, { exact: true })).toBeVisible();
  }
  await page.keyboard.press('Escape');
  await panel.row('disk.txt').click();
  await page.keyboard.press('F2');
  await expect(page.getByText(why).last()).toBeVisible();
  await expect(panel.list.locator('input.jp-DirListing-editor')).toHaveCount(0);
});
