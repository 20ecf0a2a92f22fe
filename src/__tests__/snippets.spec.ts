import { execFileSync } from 'node:child_process';

import {
  joined,
  pythonString,
  RECIPES,
  recipesFor,
  render,
  snippet
} from '../snippets';

/** A name that does harm wherever it is pasted as it is. */
const EVIL = `it's "\\" {path}\n__import__('os').x #\u202e\u{1F52D}.h5`;

const named = (name: string, isFolder = false): string[] =>
  recipesFor(name, isFolder).map(recipe => recipe.name);

describe('pythonString', () => {
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
});

describe('recipes', () => {
  it('should offer the libraries of each kind of file, the usual one first', () => {
    expect(named('a.H5')[0]).toBe('h5py');
    expect(named('dl1.h5')).toEqual(
      expect.arrayContaining(['ctapipe: read_table', 'pandas: read_hdf', 'get'])
    );
    expect(named('a.fits.gz')[0]).toBe('astropy: FITS');
    expect(named('a.csv')[0]).toBe('pandas: read_csv');
    expect(named('a.root')[0]).toBe('uproot');
    expect(named('gamma.simtel.zst')[0]).toBe('ctapipe: EventSource');
    expect(named('a.log')[0]).toBe('text');
    expect(named('x.bin')).toEqual(['get']);
    expect(named('run.h5', true)).toEqual(['get', 'list']);
  });

  it('should put those of the user first', () => {
    const own = { name: 'mine', pattern: 'dl?_*.h5 *.dat', code: 'x = {path}' };
    expect(recipesFor('dl1_a.h5', false, [own])[0]).toBe(own);
    expect(recipesFor('dl12_a.h5', false, [own])[0].name).toBe('h5py');
    expect(recipesFor('a.dat', false, [own])[0]).toBe(own);
    expect(recipesFor('a.dat', true, [own])[0].name).toBe('get');
  });

  it('should write Python that means the very name, whatever it is', () => {
    const place = { source: "o'd", path: `/${EVIL}` };
    const own = { name: '', pattern: '', code: 'x = {path}; {other} = {url}' };
    const codes = RECIPES.map(recipe => render(recipe, place, { isDev: true }));
    const check = [
      'import ast, json, sys',
      'codes, path = json.load(sys.stdin)',
      'for code in codes:',
      '    strings = [n.value for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Constant)]',
      '    assert path in strings or path[1:] in strings, code',
      '    names = {n.id for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name)}',
      '    assert "__import__" not in names, code'
    ].join('\n');
    const input = JSON.stringify([codes, place.path]);
    expect(() =>
      execFileSync('python3', ['-c', check], { input })
    ).not.toThrow();
    expect(render(own, { source: 'd', path: '/a' })).toBe(
      "x = '/a'; {other} = 'ctadata://d/a'"
    );
  });

  it('should hold nothing that could be a token', () => {
    const codes = RECIPES.map(recipe => recipe.code).join('\n');
    expect(codes).not.toMatch(/token|bearer|authori[sz]ation|password/i);
  });
});

describe('snippet', () => {
  it('should fetch folders whole, and name the dev side', () => {
    expect(
      snippet({ source: 'd', path: '/a' }, { isFolder: true, isDev: true })
    ).toContain(
      "fetch_and_save_file_or_dir('/a', recursive=True, dev_instance=True)"
    );
    expect(snippet({ source: 'd', path: "/o'd/x.bin" })).toBe(
      "import ctadata\n\nctadata.fetch_and_save_file('/o\\'d/x.bin', 'x.bin')\n"
    );
  });

  it('should import once for several files', () => {
    const codes = ['/a.bin', '/b.bin'].map(path =>
      snippet({ source: 'd', path })
    );
    expect(joined(codes)).toBe(
      [
        'import ctadata',
        '',
        "ctadata.fetch_and_save_file('/a.bin', 'a.bin')",
        "ctadata.fetch_and_save_file('/b.bin', 'b.bin')",
        ''
      ].join('\n')
    );
  });
});
