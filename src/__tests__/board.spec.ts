import { Signal } from '@lumino/signaling';

import type { IJob } from '../wire';
import { filesOf } from './files';
import { lab } from './lab';
import type { Lab } from './lab';
import { settle } from './server';

jest.setTimeout(60_000);

/** What a job was asked to do, shortly. */
const told = ({ kind, from, to, conflict }: IJob): string =>
  [
    kind,
    `${from.source}:${(from.paths ?? []).join(',')}`,
    `${to?.source}:${to?.path}`,
    conflict
  ].join(' ');

describe('What is cut or copied', () => {
  let laboratory: Lab;
  let files: ReturnType<typeof filesOf>;

  beforeEach(async () => {
    files = filesOf();
    laboratory = await lab({ files });
    await laboratory.show();
  });

  afterEach(() => laboratory.dispose());

  /** Paste into a folder of the panel; what was begun. */
  async function pasteInto(path: string, source = 'dcache'): Promise<string[]> {
    const { commands, model, jobs } = laboratory;
    const before = jobs.length;
    await model.open({ source, path });
    await commands.execute('ctadata:paste');
    await settle(5);
    return jobs.slice(0, jobs.length - before).map(told);
  }

  async function take(how: 'cut' | 'copy', ...names: string[]): Promise<void> {
    const { select, commands } = laboratory;
    await select(...names);
    await commands.execute(`ctadata:${how}`);
  }

  it('should be pasted as often as one likes if it was copied', async () => {
    await take('copy', 'a.h5', 'sub');
    const paths = 'dcache:/lst/sub,/lst/a.h5';
    expect(await pasteInto('/x')).toEqual([`copy ${paths} dcache:/x ask`]);
    expect(await pasteInto('/y')).toEqual([`copy ${paths} dcache:/y ask`]);
  });

  it('should be pasted once if it was cut', async () => {
    const { commands } = laboratory;
    await take('cut', 'a.h5');
    expect(commands.isEnabled('ctadata:paste')).toBe(true);
    expect(await pasteInto('/x')).toEqual([
      'move dcache:/lst/a.h5 dcache:/x ask'
    ]);
    expect(commands.isEnabled('ctadata:paste')).toBe(false);
    expect(await pasteInto('/y')).toEqual([]);
  });

  it('should get another name beside itself, and not move to where it is', async () => {
    await take('copy', 'a.h5');
    expect(await pasteInto('/lst')).toEqual([
      'copy dcache:/lst/a.h5 dcache:/lst rename'
    ]);
    await take('cut', 'a.h5');
    expect(await pasteInto('/lst')).toEqual([]);
  });

  it('should go to another storage', async () => {
    await take('copy', 'a.h5');
    expect(await pasteInto('/x', 'dcache-dev')).toEqual([
      'copy dcache:/lst/a.h5 dcache-dev:/x ask'
    ]);
    await laboratory.model.open({ source: 'dcache', path: '/lst' });
    await take('cut', 'a.h5');
    expect(await pasteInto('/x', 'dcache-dev')).toEqual([
      'move dcache:/lst/a.h5 dcache-dev:/x ask'
    ]);
  });

  it('should go from JupyterLab’s file browser into the panel', async () => {
    files.selected = ['notes/plot.png', 'notes/more'];
    files.copy();
    const paths = 'local:/notes/plot.png,/notes/more';
    expect(await pasteInto('/x')).toEqual([`upload ${paths} dcache:/x ask`]);
    files.cut();
    expect(await pasteInto('/x')).toEqual([`move ${paths} dcache:/x ask`]);
    expect(await pasteInto('/x')).toEqual([]);
    expect(files.done).toEqual(['copy', 'cut']);
  });

  it('should go from the panel into JupyterLab’s file browser', async () => {
    const { jobs } = laboratory;
    await take('copy', 'a.h5');
    await files.paste();
    expect(told(jobs[0])).toBe('download dcache:/lst/a.h5 local:/notes ask');
    await take('cut', 'b.txt');
    await files.paste();
    expect(told(jobs[0])).toBe('move dcache:/lst/b.txt local:/notes ask');
    expect(files.done).toEqual([]);
    await files.paste(); // nothing of ours is left
    expect(files.done).toEqual(['paste']);
  });

  it('should be what was taken last, on whichever side', async () => {
    await take('copy', 'a.h5');
    files.selected = ['notes/plot.png'];
    files.copy();
    await files.paste();
    expect(files.done).toEqual(['copy', 'paste']);
    await take('copy', 'b.txt');
    expect(await pasteInto('/x')).toEqual([
      'copy dcache:/lst/b.txt dcache:/x ask'
    ]);
  });

  it('should not be taken from another extension’s drive, which the server does not know', async () => {
    const { commands, manager } = laboratory;
    manager.services.contents.addDrive({
      name: 'theirs',
      fileChanged: new Signal({})
    } as never);
    await take('copy', 'a.h5');
    files.selected = ['theirs:bucket/x'];
    files.copy();
    expect(commands.isEnabled('ctadata:paste')).toBe(false);
    expect(await pasteInto('/x')).toEqual([]);
    await files.paste();
    expect(files.done).toEqual(['copy', 'paste']);
  });

  it('should be duplicated by the server, under another name', async () => {
    const { rows, select, jobs } = laboratory;
    await select('a.h5', 'sub');
    await rows.duplicate();
    expect(jobs.map(told)).toEqual([
      'copy dcache:/lst/sub,/lst/a.h5 dcache:/lst rename'
    ]);
    await select();
    await rows.duplicate();
    expect(jobs).toHaveLength(1);
  });

  it('should show what came into the workspace, or left it', async () => {
    const { jobs, transfers } = laboratory;
    const ends = async (request: object): Promise<number> => {
      const before = files.done.length;
      const job = await transfers.jobs.start(request as never);
      jobs[0] = { ...job, to: job.to ?? null, state: 'done', seq: 9 };
      await transfers.jobs.load();
      return files.done.length - before;
    };
    const from = { source: 'dcache', paths: ['/a'] };
    const local = { source: 'local', path: '/notes' };
    expect(await ends({ kind: 'download', from, to: local })).toBe(1);
    expect(await ends({ kind: 'delete', from })).toBe(0);
    const out = { source: 'local', paths: ['/notes/a'] };
    const to = { source: 'dcache', path: '/lst' };
    expect(await ends({ kind: 'upload', from: out, to })).toBe(0);
    expect(await ends({ kind: 'move', from: out, to })).toBe(1);
  });
});
