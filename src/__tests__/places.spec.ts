import { StateDB } from '@jupyterlab/statedb';

import { Options } from '../options';
import { globalOf, join, nameOf, parentOf, pathOf, placeOf } from '../paths';
import { Places } from '../places';
import { BY_NAME, compareBy } from '../sort';
import { isPair, localsOf, nearest, remoteOf, twinOf } from '../toggle';
import type { ICtaModel, ISource } from '../wire';
import wire from '../../tests/fixtures/wire/sources.json';
import { settle } from './server';

const PROD = wire[0] as ISource;
const LOCAL = wire[1] as ISource;
const DEV: ISource = {
  ...PROD,
  name: 'dcache-dev',
  title: 'dCache dev',
  twin: 'dcache',
  production: false
};

describe('places', () => {
  it('should translate between the spellings', () => {
    expect(placeOf('ctadata:dcache/lst/a b')).toEqual({
      source: 'dcache',
      path: '/lst/a b'
    });
    expect(placeOf('dcache')).toEqual({ source: 'dcache', path: '/' });
    expect(placeOf('ctadata:')).toEqual({ source: '', path: '/' });
    expect(pathOf({ source: 'd', path: '/' })).toBe('d');
    expect(globalOf({ source: 'd', path: '/x:y' })).toBe('ctadata:d/x:y');
    expect(join('/', 'a')).toBe('/a');
    expect(parentOf('/a/b')).toBe('/a');
    expect(parentOf('/a')).toBe('/');
    expect(nameOf('/a/b/')).toBe('b');
  });
});

describe('Places', () => {
  const at = (path: string, source = 'dcache') => ({ source, path });
  const NOWHERE = at('/nowhere');

  it('should bookmark a place and forget it again, in the order in which it was done', async () => {
    const options = new Options();
    const places = new Places({ options, state: null });
    expect(places.has(at('/a'))).toBe(false);
    for (const path of ['/b', '/a', '/c']) {
      await places.toggle(at(path));
    }
    await places.toggle(at('/a', 'other'));
    expect(options.values.bookmarks).toEqual([
      ...['dcache/b', 'dcache/a', 'dcache/c', 'other/a']
    ]);
    expect(places.has(at('/a'))).toBe(true);
    await places.toggle(at('/a'));
    expect(places.bookmarks).toEqual([at('/b'), at('/c'), at('/a', 'other')]);
  });

  it('should know the last dozen folders, each once, without the one that is shown', () => {
    const places = new Places({ options: new Options(), state: null });
    for (let k = 0; k < 20; k += 1) {
      places.visit(at(`/run${k}`));
    }
    places.visit(at('/run18'));
    const recent = places.recent(at('/run18')).map(({ path }) => path);
    expect(recent).toHaveLength(11);
    expect(recent.slice(0, 3)).toEqual(['/run19', '/run17', '/run16']);
    expect(places.recent(NOWHERE)[0]).toEqual(at('/run18'));
  });

  it('should remember them over a reload', async () => {
    const state = new StateDB();
    const before = new Places({ options: new Options(), state });
    before.visit(at('/a'));
    before.visit(at('/b'));
    await settle();
    const after = new Places({ options: new Options(), state });
    await settle();
    expect(after.recent(NOWHERE)).toEqual([at('/b'), at('/a')]);
  });

  it('should lose none, and show none twice, if one is visited before they are remembered', async () => {
    const state = new StateDB();
    await state.save('ctadata_jlab:recent', {
      paths: ['dcache/b', 'dcache/a']
    });
    const early = new Places({ options: new Options(), state });
    early.visit(at('/a'));
    await settle();
    const after = new Places({ options: new Options(), state });
    await settle();
    expect(early.recent(NOWHERE)).toEqual([at('/a'), at('/b')]);
    expect(after.recent(NOWHERE)).toEqual([at('/a'), at('/b')]);
  });

  it.each([null, 7, { paths: 'dcache/a' }, { paths: [7] }])(
    'should not stumble over %j where it remembers them',
    async value => {
      const state = new StateDB();
      await state.save('ctadata_jlab:recent', value as never);
      const places = new Places({ options: new Options(), state });
      await settle();
      places.visit(at('/a'));
      expect(places.recent(NOWHERE)[0]).toEqual(at('/a'));
    }
  );
});

describe('toggle', () => {
  it('should find the twin from both sides', () => {
    expect(twinOf([PROD, DEV, LOCAL], 'dcache')).toBe(DEV);
    expect(twinOf([PROD, DEV, LOCAL], 'dcache-dev')).toBe(PROD);
    expect(twinOf([PROD, LOCAL], 'dcache')).toBeNull();
    expect(twinOf([PROD, { ...DEV, twin: null }], 'dcache-dev')).toBe(PROD);
  });

  it('should need a picker only beyond one pair', () => {
    const other = { ...LOCAL, name: 'x', traits: PROD.traits };
    expect(isPair([PROD, DEV, LOCAL])).toBe(true);
    expect(isPair([PROD, LOCAL])).toBe(true);
    expect(isPair([PROD, DEV, other])).toBe(false);
    expect(isPair([PROD, other])).toBe(false);
    expect(remoteOf([PROD, LOCAL])).toEqual([PROD]);
    expect(localsOf([PROD, LOCAL])).toEqual([LOCAL]);
  });

  it('should keep the folder, else the nearest above, else the root', async () => {
    const there = (...folders: string[]) =>
      jest.fn((path: string) => Promise.resolve(folders.includes(path)));
    expect(await nearest('/a/b', there('/a', '/a/b'))).toBe('/a/b');
    expect(await nearest('/a/b/c', there('/a'))).toBe('/a');
    expect(await nearest('/a/b', there())).toBe('/');
    const never = there();
    expect(await nearest('/', never)).toBe('/');
    expect(never).not.toHaveBeenCalled();
  });

  it('should let a failure through that is not "not there"', async () => {
    const fails = () => Promise.reject(new Error('no token'));
    await expect(nearest('/a', fails)).rejects.toThrow('no token');
  });
});

describe('compareBy', () => {
  const row = (name: string, facts: Partial<ICtaModel> = {}): ICtaModel =>
    ({ name, type: 'file', last_modified: '', ...facts }) as ICtaModel;
  const names = (
    rows: ICtaModel[],
    key: 'name' | 'file_size' | 'last_modified',
    direction: 'ascending' | 'descending' = 'ascending'
  ): string[] =>
    [...rows]
      .sort(compareBy({ ...BY_NAME, state: { key, direction } }))
      .map(item => item.name);

  it('should put folders first and count as people do', () => {
    const rows = ['run10', 'run9', 'Run1'].map(name => row(name));
    const folder = row('z', { type: 'directory' });
    expect(names([...rows, folder], 'name')).toEqual([
      'z',
      'Run1',
      'run9',
      'run10'
    ]);
    expect(names([...rows, folder], 'name', 'descending')).toEqual([
      'z',
      'run10',
      'run9',
      'Run1'
    ]);
  });

  it('should sort by size and time as JupyterLab does', () => {
    const rows = [
      row('a', { size: 5, last_modified: '2024-01-02T00:00:00Z' }),
      row('b', { size: 1, last_modified: '2024-01-03T00:00:00Z' }),
      row('c', { last_modified: '' })
    ];
    expect(names(rows, 'file_size')).toEqual(['c', 'b', 'a']);
    expect(names(rows, 'last_modified')).toEqual(['b', 'a', 'c']);
  });
});
