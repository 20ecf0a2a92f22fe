/** What is typed into the filter: a part of a name, a glob, or a regular expression. */

/** A filter of names. */
export interface IFilter {
  /** What was typed. */
  readonly text: string;
  /** Whether a name passes. */
  test(name: string): boolean;
  /** The characters of a name that passed which are to be marked. */
  marks(name: string): number[];
  /** Why the filter is none; then every name passes. */
  readonly problem: string | null;
}

/** The filter that lets everything pass. */
export const NO_FILTER: IFilter = {
  text: '',
  test: () => true,
  marks: () => [],
  problem: null
};

/**
 * The filter that a text stands for.
 *
 * #### Notes
 * A text with `*` or `?` is a glob for the whole name, as in a shell, where
 * `[abc]` and `[!abc]` are known as well; any other text is looked for in the
 * name. Neither looks at upper and lower case. A regular expression does, and
 * need not match the whole name.
 */
export function filterOf(text: string, isExpression: boolean): IFilter {
  const wanted = text.trim();
  if (!wanted) {
    return NO_FILTER;
  }
  if (isExpression) {
    return expression(wanted);
  }
  return /[*?]/.test(wanted) ? glob(wanted) : plain(wanted);
}

/** A filter by a pattern, or one that says why it is none. */
function matching(
  text: string,
  make: () => RegExp,
  marks: (pattern: RegExp, name: string) => number[]
): IFilter {
  try {
    const pattern = make();
    return {
      text,
      test: name => pattern.test(name),
      marks: name => marks(pattern, name),
      problem: null
    };
  } catch (reason) {
    const problem = reason instanceof Error ? reason.message : String(reason);
    return { ...NO_FILTER, text, problem };
  }
}

function plain(text: string): IFilter {
  const wanted = text.toLowerCase();
  return {
    text,
    test: name => name.toLowerCase().includes(wanted),
    marks: name => span(name.toLowerCase().indexOf(wanted), wanted.length),
    problem: null
  };
}

function glob(text: string): IFilter {
  const make = (): RegExp => new RegExp(`^(?:${globSource(text)})$`, 'isu');
  return matching(text, make, () => []);
}

function expression(text: string): IFilter {
  return matching(
    text,
    () => new RegExp(text, 'u'),
    (pattern, name) => {
      const found = pattern.exec(name);
      return found ? span(found.index, found[0].length) : [];
    }
  );
}

/** The regular expression of a glob, without anchors. */
export function globSource(text: string): string {
  let source = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    const end = character === '[' ? text.indexOf(']', at + 2) : -1;
    if (character === '*') {
      source += '.*';
    } else if (character === '?') {
      source += '.';
    } else if (end !== -1) {
      const isNot = /[!^]/.test(text[at + 1]);
      const inside = text.slice(at + (isNot ? 2 : 1), end);
      source += `[${isNot ? '^' : ''}${inside.replace(/[\\[\]^]/g, '\\$&')}]`;
      at = end;
    } else {
      source += character.replace(/[\\^$.+|()[\]{}/]/g, '\\$&');
    }
  }
  return source;
}

function span(start: number, length: number): number[] {
  return start === -1 ? [] : Array.from({ length }, (_, k) => start + k);
}
