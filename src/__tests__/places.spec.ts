import { globalOf, join, nameOf, parentOf, pathOf, placeOf } from '../paths';
import { pythonString, snippet } from '../snippets';
import { BY_NAME, compareBy } from '../sort';
import { isPair, localsOf, nearest, remoteOf, twinOf } from '../toggle';
import type { ICtaModel, ISource } from '../wire';
import wire from '../../tests/fixtures/wire/sources.json';

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

describe('snippets', () => {
  it.each([
    ['plain', "'plain'"],
    ["it's", "'it\\'s'"],
    ['back\\slash', "'back\\\\slash'"],
    ['a\nb\tc', "'a\\nb\\tc'"],
    ['caf\u00e9', "'caf\u00e9'"],
    ['cafe\u0301', "'cafe\\u0301'"],
    ['\u202egnp', "'\\u202egnp'"],
    ['\u{1F52D}', "'\\U0001f52d'"],
    ['a\x00b', "'a\\u0000b'"]
  ])('should spell %j as %s', (text, literal) => {
    expect(pythonString(text)).toBe(literal);
  });

  it('should read each kind of file by its library', () => {
    const code = (path: string): string => snippet({ source: 'd', path });
    expect(code('/lst/a.h5')).toContain("h5py.File('a.h5', 'r')");
    expect(code('/lst/a.fits.gz')).toContain("fits.open('a.fits.gz')");
    expect(code('/a.ecsv')).toContain("'a.ecsv', format='ascii.ecsv'");
    expect(code('/a.csv')).toContain("format='ascii.csv'");
    expect(code("/o'd/x.bin")).toBe(
      "import ctadata\n\nctadata.fetch_and_save_file('/o\\'d/x.bin', 'x.bin')\n"
    );
  });

  it('should fetch folders whole, and name the dev side', () => {
    expect(
      snippet({ source: 'd', path: '/a' }, { isFolder: true, isDev: true })
    ).toContain(
      "fetch_and_save_file_or_dir('/a', recursive=True, dev_instance=True)"
    );
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
