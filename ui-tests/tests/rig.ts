/** What the tests know of the servers behind the browser: the doors' disks, the line to them, the workspace. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** The folder in which the servers of this run live. */
export const RUN = path.join(__dirname, '..', '.cache', 'run');

/** The 200 MB file. */
export const BULK = 'gamma_20deg_run000001.simtel.zst';

interface IRigFacts {
  python: string;
  tokens: Record<'dcache' | 'dcache-dev', string>;
  badToken: string;
  deadPort: number;
}

function facts(): IRigFacts {
  const text = fs.readFileSync(path.join(RUN, 'rig.json'), 'utf8');
  return JSON.parse(text) as IRigFacts;
}

/** The Python that has everything. */
export function python(): string {
  return facts().python;
}

/** A path on the disk behind a door. */
export function onDoor(...parts: string[]): string {
  return path.join(RUN, 'doors', 'dcache', ...parts);
}

/** A path on the disk behind the dev door. */
export function onDev(...parts: string[]): string {
  return path.join(RUN, 'doors', 'dcache-dev', ...parts);
}

/** A path on the disk of the workspace. */
export function inWorkspace(...parts: string[]): string {
  return path.join(RUN, 'workspace', ...parts);
}

/** Lay down files, by their paths. */
export function lay(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

/** The hash of a file, or nothing if there is none. */
export function hashOf(file: string): string {
  return fs.existsSync(file)
    ? createHash('sha256').update(fs.readFileSync(file)).digest('hex')
    : '';
}

/** The text of a file, or null if there is none. */
export function textOf(file: string): string | null {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}

/** All files below a folder with their hashes. */
export function treeOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of fs.readdirSync(folder, {
    withFileTypes: true,
    recursive: true
  })) {
    if (entry.isFile()) {
      const file = path.join(entry.parentPath, entry.name);
      found[path.relative(folder, file)] = hashOf(file);
    }
  }
  return found;
}

/** Let that many bytes a second pass between server and door; 0: as many as can. */
export function setSpeed(bytes: number): void {
  fs.writeFileSync(path.join(RUN, 'line'), String(bytes));
}

/** The token that opens a door. */
export function tokenOf(door: 'dcache' | 'dcache-dev'): string {
  return facts().tokens[door];
}

/** Give the archive the token again that its door does not take. */
export function spoilArchive(): void {
  fs.writeFileSync(path.join(RUN, 'archive.token'), `${facts().badToken}\n`, {
    mode: 0o600
  });
}

/** A door that can be opened and closed, where the old pool is said to be. */
export class PoolDoor {
  /** Open it. */
  async open(): Promise<void> {
    const { python, deadPort } = facts();
    const root = path.join(RUN, 'pool');
    lay(root, { 'old data.txt': 'still here\n' });
    this._process = spawn(
      python,
      [
        ...['-m', 'ctadata_jlab.demo.door', '--tethered'],
        ...['--root', root, '--port', String(deadPort)],
        ...['--token-file', path.join(RUN, 'dcache.door')]
      ],
      { stdio: ['pipe', 'pipe', 'ignore'] }
    );
    await once(this._process.stdout!, 'data');
  }

  /** Close it. */
  async close(): Promise<void> {
    const child = this._process;
    this._process = null;
    if (child && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  }

  private _process: ChildProcess | null = null;
}
