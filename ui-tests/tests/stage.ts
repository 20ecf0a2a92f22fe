/** A catalogue, its doors and a JupyterLab behind a browser, started by a test of the Python side: the plays are in tests/rig. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { expect, test as base } from '@playwright/test';

const REPOSITORY = path.join(__dirname, '..', '..');
const CACHE = path.join(__dirname, '..', '.cache');

/** Where everything is. */
interface IStage {
  lab: string;
  minted: string;
  workspace: string;
  log: string;
}

/** The servers, and what a browser was told by them. */
export class Stage {
  /** Start the servers of the play of that name. */
  static async open(name: string): Promise<Stage> {
    const folder = path.join(CACHE, name);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    const child = spawn(
      'python',
      [
        ...['-m', 'pytest', '-q', '-p', 'no:cacheprovider'],
        ...['-o', `python_files=${name}.py`, `tests/rig/${name}.py`],
        '--timeout=0'
      ],
      {
        cwd: REPOSITORY,
        env: { ...process.env, STAGE: folder, CTADATA_CONFIG: '' },
        stdio: 'ignore'
      }
    );
    const file = path.join(folder, 'stage.json');
    await expect
      .poll(() => fs.existsSync(file) || child.exitCode !== null, {
        timeout: 170_000
      })
      .toBe(true);
    const facts = JSON.parse(fs.readFileSync(file, 'utf8')) as IStage;
    return new Stage(child, folder, facts);
  }

  constructor(
    private child: ChildProcess,
    private folder: string,
    readonly facts: IStage
  ) {}

  /** End the servers. */
  async close(): Promise<void> {
    const ended = once(this.child, 'exit');
    fs.writeFileSync(path.join(this.folder, 'end'), '');
    await ended;
  }

  /** All secrets that the provider has handed out. */
  get secrets(): string[] {
    const text = fs.readFileSync(this.facts.minted, 'utf8');
    return text.split('\n').filter(line => line.length >= 16);
  }
}

/** The test function whose `stage` has the servers of the play *name*. */
export function onStage(name: string) {
  return base.extend<object, { stage: Stage }>({
    stage: [
      async ({}, use) => {
        const stage = await Stage.open(name);
        await use(stage);
        await stage.close();
      },
      { scope: 'worker', timeout: 180_000 }
    ]
  });
}
