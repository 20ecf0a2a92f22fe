import { formsOf } from '../forms';
import { setPath } from '../kernels';
import { verify } from '../verify';
import type { ISource } from '../wire';
import { serve } from './server';
import type { IAnswer } from './server';

const source = (root: string, isLocal = false): ISource =>
  ({
    name: 'dcache',
    url: 'https://door.example.org:2880',
    root,
    traits: { local: isLocal }
  }) as unknown as ISource;

describe('formsOf', () => {
  const place = { source: 'dcache', path: '/lst/a #1 é.h5' };
  const texts = (one: ISource): Record<string, string> =>
    Object.fromEntries(
      formsOf(place, one).map(({ kind, text }) => [kind, text])
    );

  it('should write a path in all ways that people and programs read', () => {
    expect(texts(source('/'))).toEqual({
      path: '/lst/a #1 é.h5',
      url: 'https://door.example.org:2880/lst/a%20%231%20%C3%A9.h5',
      python: 'ctadata://dcache/lst/a #1 é.h5',
      jupyter: 'ctadata:dcache/lst/a #1 é.h5'
    });
  });

  it('should know the root of a source, and the name space of dCache', () => {
    const forms = texts(source('/pnfs/cta.cscs.ch'));
    expect(forms.pnfs).toBe('/pnfs/cta.cscs.ch/lst/a #1 é.h5');
    expect(forms.url).toContain(':2880/pnfs/cta.cscs.ch/lst/a%20');
    expect(forms.path).toBe(place.path);
  });
});

describe('verify', () => {
  const place = { source: 'd', path: '/a' };
  const local = { source: 'local', path: '/b' };
  const ask = (answer: IAnswer, told: number[] = []) =>
    verify(place, local, serve(() => answer).settings, n => told.push(n));

  it('should tell how far it is, and the end', async () => {
    const told: number[] = [];
    const end = { same: true, size: 9, theirs: 'md5:0', ours: 'md5:0' };
    const pieces = [
      '{"done": 3}\n{"do',
      'ne": 6}\n',
      JSON.stringify(end) + '\n'
    ];
    expect(await ask({ pieces }, told)).toEqual(end);
    expect(told).toEqual([3, 6]);
  });

  it('should claim nothing if it is cut short', async () => {
    for (const breaks of [true, false]) {
      await expect(
        ask({ pieces: ['{"done": 3}\n'], breaks })
      ).rejects.toMatchObject({ name: 'BadAnswer' });
    }
  });
});

describe('setPath', () => {
  it('should name the drive in the session of a notebook of ours, before it begins', () => {
    const session = (path: string, begun = false) =>
      ({ path, _path: path, session: begun ? {} : null }) as never;
    const ours = session('dcache/a.ipynb') as { _path: string };
    setPath(ours as never, 'ctadata:dcache/a.ipynb');
    expect(ours._path).toBe('ctadata:dcache/a.ipynb');
    const begun = session('dcache/a.ipynb', true) as { _path: string };
    setPath(begun as never, 'ctadata:dcache/a.ipynb');
    expect(begun._path).toBe('dcache/a.ipynb');
    const other = session('a.ipynb') as { _path: string };
    setPath(other as never, 'other:a.ipynb');
    expect(other._path).toBe('a.ipynb');
  });
});
