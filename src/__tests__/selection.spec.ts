import { Selection } from '../selection';

const rows = Array.from({ length: 1000 }, (_, n) => ({ path: `d/f${n}` }));
const paths = (selection: Selection): string[] =>
  selection.of(rows).map(({ path }) => path);

describe('Selection', () => {
  it('should be an object of true values to JupyterLab’s code', () => {
    const selection = new Selection();
    const { record } = selection;
    record['d/f1'] = true;
    record['d/f2'] = true;
    delete record['d/f1'];
    expect(Object.keys(record)).toEqual(['d/f2']);
    expect(record['d/f2']).toBe(true);
    expect(record['d/f1']).toBeUndefined();
    expect('d/f2' in record).toBe(true);
    expect(selection.size).toBe(1);
  });

  it('should give the selected rows in their order, and the same array until something changes', () => {
    const selection = new Selection();
    selection.take(['d/f9', 'd/f3', 'd/gone']);
    const first = selection.of(rows);
    expect(first.map(({ path }) => path)).toEqual(['d/f3', 'd/f9']);
    expect(selection.of(rows)).toBe(first);
    selection.add(['d/f1']);
    expect(paths(selection)).toEqual(['d/f1', 'd/f3', 'd/f9']);
    expect(selection.of(rows.slice(2))).toHaveLength(2);
  });

  it('should extend to a row, but leave the one it began at as it was', () => {
    const selection = new Selection();
    selection.extend(rows, 10, 14);
    expect(paths(selection)).toEqual(['d/f11', 'd/f12', 'd/f13', 'd/f14']);
    selection.extend(rows, 10, 8);
    expect(selection.has('d/f10')).toBe(false);
    expect(selection.has('d/f8')).toBe(true);
  });

  it('should shrink to a row if all up to it are selected', () => {
    const selection = new Selection();
    selection.take(rows.slice(10, 15).map(({ path }) => path));
    selection.extend(rows, 14, 11);
    expect(paths(selection)).toEqual(['d/f10', 'd/f11']);
  });

  it('should show two of many to who asks only whether there are any', () => {
    const selection = new Selection();
    selection.take(rows.map(({ path }) => path));
    const seen = selection.briefly(() => Object.keys(selection.record));
    expect(seen).toHaveLength(2);
    expect(Object.keys(selection.record)).toHaveLength(1000);
  });

  it('should tell which of a few rows are selected, as a plain object', () => {
    const selection = new Selection();
    selection.take(['d/f3', 'd/f700']);
    expect(selection.within(rows.slice(0, 10))).toEqual({ 'd/f3': true });
  });
});
