import { filterOf } from '../filter';
import { Rows } from '../rows';
import type { IView } from '../rows';
import { BY_NAME, compareBy } from '../sort';
import { rowsOf } from '../stream';
import type { IRow } from '../wire';

const ALL: IView = { compare: compareBy(BY_NAME, 'en'), isShown: () => true };

function rows(names: string[]): IRow[] {
  const none = names.map(() => 0);
  const block = { names, sizes: none, mtimes: none, flags: none };
  return rowsOf('ctadata:d', block, true);
}

const namesOf = (list: readonly IRow[]): string[] => list.map(row => row.name);

/** Names of printable ASCII in no order, the same in each run. */
function scrambled(count: number): string[] {
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const one = (): string =>
    Array.from({ length: 1 + next(6) }, () =>
      next(3)
        ? String.fromCharCode(32 + next(95))
        : String(next(1200)).padStart(1 + next(4), '0')
    ).join('');
  return Array.from({ length: count }, one);
}

describe('compareBy', () => {
  it.each(['en', 'fr_FR', 'de_DE', 'cs', 'es', 'da', 'sv'])(
    'should order names as the collator of %p does, whatever it uses',
    language => {
      const collator = new Intl.Collator(language.replace('_', '-'), {
        numeric: true,
        sensitivity: 'base'
      });
      const list = rows([...new Set(scrambled(3000)), 'chleba', 'hora', 'co']);
      list.sort(compareBy(BY_NAME, language));
      for (let k = 1; k < list.length; k += 1) {
        const [before, after] = [list[k - 1].name, list[k].name];
        const order = collator.compare(before, after);
        expect([before, after, order <= 0]).toEqual([before, after, true]);
        if (order === 0) {
          expect(before < after).toBe(true);
        }
      }
    }
  );

  it('should know names that are not ASCII', () => {
    const list = rows(['z', 'é', 'e', 'f', 'Ä', 'b', 'ﬁ', '10', '9']);
    list.sort(compareBy(BY_NAME, 'en'));
    expect(namesOf(list)).toEqual([
      '9',
      '10',
      'Ä',
      'b',
      'e',
      'é',
      'f',
      'ﬁ',
      'z'
    ]);
  });

  it('should count only if asked to', () => {
    const list = rows(['run10', 'run9']);
    list.sort(compareBy({ ...BY_NAME, natural: false }, 'en'));
    expect(namesOf(list)).toEqual(['run10', 'run9']);
    list.sort(compareBy(BY_NAME, 'en'));
    expect(namesOf(list)).toEqual(['run9', 'run10']);
  });

  it('should put notebooks first only if asked to', () => {
    const list = rows(['a.txt', 'b.ipynb']);
    list.sort(compareBy({ ...BY_NAME, notebooksFirst: true }, 'en'));
    expect(namesOf(list)).toEqual(['b.ipynb', 'a.txt']);
  });
});

describe('Rows', () => {
  it('should merge what arrives into what is there', async () => {
    const names = scrambled(9000);
    const all = new Rows();
    for (let at = 0; at < names.length; at += 700) {
      all.add(rows(names.slice(at, at + 700)));
      await all.arrange(ALL);
      expect(all.shown).toHaveLength(Math.min(names.length, at + 700));
    }
    const sorted = rows(names).sort(ALL.compare);
    expect(namesOf(all.shown)).toEqual(namesOf(sorted));
  });

  it('should arrange a few rows at once, and many in slices', () => {
    const few = new Rows(rows(['b', 'a']));
    expect(few.arrange(ALL)).toBeNull();
    expect(namesOf(few.shown)).toEqual(['a', 'b']);
    const many = new Rows(rows(scrambled(5000)));
    expect(many.arrange(ALL)).toBeInstanceOf(Promise);
    expect(many.shown).toHaveLength(0);
  });

  it('should end with the view that was asked for last, for all who asked', async () => {
    const all = new Rows(rows(scrambled(20_000)));
    const first = all.arrange(ALL);
    const second = all.arrange({ ...ALL, isShown: row => row.name === 'no' });
    const third = all.arrange({
      ...ALL,
      isShown: row => row.name.includes('1')
    });
    await first;
    expect(all.shown.every(row => row.name.includes('1'))).toBe(true);
    expect(all.shown.length).toBeGreaterThan(100);
    await Promise.all([second, third]);
  });

  it('should let the page answer while it sorts', async () => {
    const all = new Rows(rows(scrambled(60_000)));
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await all.arrange(ALL);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('filterOf', () => {
  const passing = (text: string, names: string[], isExpression = false) =>
    names.filter(name => filterOf(text, isExpression).test(name));
  const NAMES = ['Run1.h5', 'run12.h5', 'run.txt', 'a[1].h5', 'a1.h5', 'x+y'];

  it.each([
    ['', NAMES],
    ['  ', NAMES],
    ['run1', ['Run1.h5', 'run12.h5']],
    ['[1]', ['a[1].h5']],
    ['+', ['x+y']],
    ['*.h5', ['Run1.h5', 'run12.h5', 'a[1].h5', 'a1.h5']],
    ['run?.h5', ['Run1.h5']],
    ['run*', ['Run1.h5', 'run12.h5', 'run.txt']],
    ['a[0-9]*', ['a1.h5']],
    ['[!ra]*', ['x+y']],
    ['*+?', ['x+y']]
  ])('should let pass by %p', (text, expected) => {
    expect(passing(text, NAMES)).toEqual(expected);
  });

  it('should know regular expressions, which look at the case', () => {
    expect(passing('^run\\d+\\.', NAMES, true)).toEqual(['run12.h5']);
  });

  it.each([
    ['(', true],
    ['a[z-b]*', false]
  ])('should let all pass and say why, if %p is no pattern', (text, is) => {
    const filter = filterOf(text, is);
    expect(filter.problem).toBeTruthy();
    expect(filter.test('x')).toBe(true);
  });

  it('should tell which characters it found', () => {
    expect(filterOf('un1', false).marks('Run1.h5')).toEqual([1, 2, 3]);
    expect(filterOf('n\\d', true).marks('Run1.h5')).toEqual([2, 3]);
    expect(filterOf('*', false).marks('Run1.h5')).toEqual([]);
  });
});
