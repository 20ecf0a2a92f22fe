import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

const SOURCES = path.join(__dirname, '..');
const LOCALES = path.join(SOURCES, '..', 'ctadata_jlab', 'locale');

/** How many of a translation's arguments are texts. */
const TEXTS: Record<string, number> = { __: 1, _n: 2, _p: 2, _np: 3 };

/** The texts in the code, each with its plural, and where a text is none that can be translated. */
function used(): { texts: Map<string, string[]>; faults: string[] } {
  const texts = new Map<string, string[]>();
  const faults: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text in TEXTS
    ) {
      const count = TEXTS[node.expression.name.text];
      const given = node.arguments.slice(0, count);
      if (given.every(ts.isStringLiteralLike)) {
        const all = given.map(one => (one as ts.StringLiteralLike).text);
        texts.set(all[0], all);
      } else {
        faults.push(node.getText());
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const file of files(SOURCES)) {
    const text = fs.readFileSync(file, 'utf8');
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  }
  return { texts, faults };
}

function files(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory()
      ? entry.name === '__tests__'
        ? []
        : files(file)
      : /\.tsx?$/.test(entry.name)
        ? [file]
        : [];
  });
}

function catalogue(locale: string): Record<string, string[]> {
  const file = path.join(LOCALES, locale, 'LC_MESSAGES', 'ctadata_jlab.json');
  const { '': head, ...rest } = JSON.parse(fs.readFileSync(file, 'utf8'));
  expect(head).toMatchObject({
    domain: 'ctadata_jlab',
    language: locale.replace('_', '-'),
    plural_forms: expect.stringMatching(
      /^nplurals=2; plural=\(n [!>] ?=? ?1\);$/
    )
  });
  return rest as Record<string, string[]>;
}

const places = (text: string): string[] =>
  Array.from(text.matchAll(/%\d/g), ([one]) => one).sort();

describe('the catalogues', () => {
  const { texts, faults } = used();

  it('should find all texts as they are written in the code', () => {
    expect(faults).toEqual([]);
    expect(texts.size).toBeGreaterThan(150);
  });

  it.each(['fr_FR', 'de_DE'])(
    'should have all texts in %p, and no other',
    locale => {
      const has = catalogue(locale);
      expect(Object.keys(has).filter(text => !texts.has(text))).toEqual([]);
      expect([...texts.keys()].filter(text => !(text in has))).toEqual([]);
    }
  );

  it.each(['fr_FR', 'de_DE'])(
    'should keep the places for values in %p',
    locale => {
      for (const [text, translated] of Object.entries(catalogue(locale))) {
        const original = texts.get(text) ?? [text];
        expect([text, translated.length]).toEqual([text, original.length]);
        translated.forEach((one, index) => {
          expect([one, ...places(one)]).toEqual([
            one,
            ...places(original[index])
          ]);
        });
      }
    }
  );
});
