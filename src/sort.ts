/** The order of rows: folders first, then by a column, names as people count. */

import type { DirListing } from '@jupyterlab/filebrowser';

import type { IRow } from './wire';

/** How rows are ordered. */
export interface IOrder {
  /** The column, and which end of it comes first. */
  state: DirListing.ISortState;
  /** Whether `run2` comes before `run10`. */
  natural: boolean;
  /** Whether notebooks come before other files. */
  notebooksFirst: boolean;
}

/** Compares two rows; never 0 for rows of different names. */
export type Compare = (a: IRow, b: IRow) => number;

/** The order that there is before anybody chose one. */
export const BY_NAME: IOrder = {
  state: { key: 'name', direction: 'ascending' },
  natural: true,
  notebooksFirst: false
};

/** Compares two rows: folders first, then by the column, then by name. */
export function compareBy(order: IOrder, language?: string): Compare {
  const { state, notebooksFirst } = order;
  const names = namesOf(language, order.natural);
  const byName: Compare = (a, b) =>
    names(a, b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const byValue = valueOf(state.key);
  // JupyterLab calls the newest first "ascending", and the smallest.
  const sign = state.direction === 'descending' ? -1 : 1;
  const group = (row: IRow): number =>
    row.type === 'directory'
      ? 0
      : notebooksFirst && row.type === 'notebook'
        ? 1
        : 2;
  return (a, b) =>
    group(a) - group(b) ||
    (byValue ? sign * byValue(a, b) || byName(a, b) : sign * byName(a, b));
}

function valueOf(key: DirListing.ISortState['key']): Compare | null {
  if (key === 'file_size') {
    return (a, b) => (a.size ?? 0) - (b.size ?? 0);
  }
  if (key === 'last_modified' || key === 'date_created') {
    // Times are all in UTC and of one form, so that their texts are in their order.
    return (a, b) =>
      a.last_modified < b.last_modified
        ? 1
        : a.last_modified > b.last_modified
          ? -1
          : 0;
  }
  return null;
}

/** Compares names; both collator and keys are made once for a language. */
function namesOf(language: string | undefined, natural: boolean): Compare {
  const id = `${language} ${natural}`;
  let names = made.get(id);
  if (!names) {
    names = makeNames(language, natural);
    made.set(id, names);
  }
  return names;
}

const made = new Map<string, Compare>();

/**
 * Compares by the language's collator.
 *
 * #### Notes
 * A collator takes a microsecond for a comparison, which is a second for a
 * hundred thousand names. Where a name has only printable ASCII it is given a
 * key whose code units are in the collator's order; where the language has an
 * order that no such key can have ("ch" after "h"), there are none.
 */
function makeNames(language: string | undefined, natural: boolean): Compare {
  const collator = collatorOf(language, natural);
  const ranks = ranksOf(collator);
  const id = `${language} ${natural}`;
  const keyOf = (row: IRow): string | null => {
    if (row.keyed !== id) {
      row.keyed = id;
      row.key = keyed(row.name, ranks, natural);
    }
    return row.key ?? null;
  };
  const slow: Compare = (a, b) => collator.compare(a.name, b.name);
  if (!areTrue(ranks, collator)) {
    return slow;
  }
  return (a, b) => {
    const [one, other] = [keyOf(a), keyOf(b)];
    return one === null || other === null
      ? slow(a, b)
      : one < other
        ? -1
        : one > other
          ? 1
          : 0;
  };
}

const [FIRST, LAST] = [32, 126];
const [ZERO, NINE] = [48, 57];

/** For each printable ASCII character where it stands in the collator's order. */
function ranksOf(collator: Intl.Collator): number[] {
  const characters = Array.from({ length: LAST - FIRST + 1 }, (_, k) =>
    String.fromCharCode(FIRST + k)
  ).sort(collator.compare);
  const ranks: number[] = [];
  let rank = 1;
  characters.forEach((character, index) => {
    if (index && collator.compare(characters[index - 1], character)) {
      rank += 1;
    }
    ranks[character.charCodeAt(0)] = rank;
  });
  return ranks;
}

/** A text whose code units are in the order of the name; null if the name has other characters. */
function keyed(name: string, ranks: number[], natural: boolean): string | null {
  const codes: number[] = [];
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code < FIRST || code > LAST) {
      return null;
    }
    if (!natural || code < ZERO || code > NINE) {
      codes.push(ranks[code]);
      continue;
    }
    // A number: after its rank how long it is, then its digits.
    let end = at + 1;
    while (isDigit(name.charCodeAt(end))) {
      end += 1;
    }
    while (at < end - 1 && name.charCodeAt(at) === ZERO) {
      at += 1;
    }
    codes.push(ranks[ZERO], end - at);
    for (; at < end; at += 1) {
      codes.push(name.charCodeAt(at));
    }
    at -= 1;
  }
  return String.fromCharCode(...codes);
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Whether keys have the collator's order for all pairs of letters, which no contraction leaves so. */
function areTrue(ranks: number[], collator: Intl.Collator): boolean {
  const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');
  const pairs = letters.flatMap(one => letters.map(other => one + other));
  const known = pairs.map(pair => ({
    pair,
    key: keyed(pair, ranks, false) ?? ''
  }));
  known.sort((a, b) => (a.key < b.key ? -1 : 1));
  return known.every(
    ({ pair }, index) =>
      !index || collator.compare(known[index - 1].pair, pair) < 0
  );
}

function collatorOf(
  language: string | undefined,
  numeric: boolean
): Intl.Collator {
  const options: Intl.CollatorOptions = { numeric, sensitivity: 'base' };
  try {
    return new Intl.Collator(language?.replace('_', '-'), options);
  } catch {
    return new Intl.Collator(undefined, options);
  }
}
