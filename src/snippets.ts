/** Code that reads a remote file in a notebook, by its kind. */

import { nameOf } from './paths';
import type { IPlace } from './paths';

/** A text as a Python string literal that means exactly that text. */
export function pythonString(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (char === '\\' || char === "'") {
      out += `\\${char}`;
    } else if (char === '\n') {
      out += '\\n';
    } else if (char === '\r') {
      out += '\\r';
    } else if (char === '\t') {
      out += '\\t';
    } else if (isPlain(code)) {
      out += char;
    } else if (code > 0xffff) {
      out += `\\U${code.toString(16).padStart(8, '0')}`;
    } else {
      out += `\\u${code.toString(16).padStart(4, '0')}`;
    }
  }
  return `'${out}'`;
}

/** Whether a character shows itself: no control, no combining mark, no direction mark, no half of a pair. */
function isPlain(code: number): boolean {
  return (
    (code >= 0x20 && code < 0x7f) ||
    (code >= 0xa1 && code < 0x300 && code !== 0xad)
  );
}

/** One way to read a file, or a folder. */
export interface IRecipe {
  /** What the menu says: a library, or `get`, `list`, `text`. */
  name: string;
  /** Names it is for, such as `*.h5 *.hdf5`; a name that ends with `/` is a folder's. */
  pattern: string;
  /**
   * The code; `{path}`, `{name}`, `{source}` and `{url}` become Python literals,
   * `{dev}` the argument that chooses the development side.
   */
  code: string;
}

/** What a snippet has to know besides the place. */
export interface ISnippetOptions {
  /** Whether the place is a folder. */
  isFolder?: boolean;
  /** Whether the source is the development side of a pair. */
  isDev?: boolean;
}

const SOURCE = 'ctadata_jlab.source({source})';
const OPEN = `${SOURCE}.open({path})`;
const TABLES = '*.csv *.ecsv *.tsv';

/** The ways that are built in; the first that fits a name is the usual one. */
export const RECIPES: readonly IRecipe[] = [
  {
    name: 'h5py',
    pattern: '*.h5 *.hdf5 *.hdf',
    code: `import ctadata_jlab\nimport h5py\n\nh5 = h5py.File(${OPEN}, 'r')\nlist(h5)\n`
  },
  {
    name: 'ctapipe: read_table',
    pattern: '*.h5 *.hdf5',
    code: [
      'import ctadata_jlab',
      'from ctapipe.io import read_table',
      '',
      `${SOURCE}.get({path})`,
      "table = read_table({name}, '/dl1/event/subarray/trigger')",
      'table',
      ''
    ].join('\n')
  },
  {
    name: 'pandas: read_hdf',
    pattern: '*.h5 *.hdf5',
    code: [
      'import ctadata_jlab',
      'import pandas as pd',
      '',
      `${SOURCE}.get({path})`,
      'with pd.HDFStore({name}, mode="r") as store:',
      '    keys = store.keys()',
      'keys',
      ''
    ].join('\n')
  },
  {
    name: 'astropy: FITS',
    pattern: '*.fits *.fit *.fits.gz *.fits.fz',
    code: `import ctadata_jlab\nfrom astropy.io import fits\n\nhdus = fits.open(${OPEN})\nhdus.info()\n`
  },
  {
    name: 'astropy: Table',
    pattern: '*.fits *.fit *.fits.gz *.ecsv',
    code: `import ctadata_jlab\nfrom astropy.table import Table\n\ntable = Table.read(${OPEN}, format={format})\ntable\n`
  },
  {
    name: 'pandas: read_csv',
    pattern: TABLES,
    code: `import ctadata_jlab\nimport pandas as pd\n\ntable = pd.read_csv(${OPEN}, comment='#', sep={separator})\ntable\n`
  },
  {
    name: 'pandas: read_parquet',
    pattern: '*.parquet',
    code: `import ctadata_jlab\nimport pandas as pd\n\ntable = pd.read_parquet(${OPEN})\ntable\n`
  },
  {
    name: 'uproot',
    pattern: '*.root',
    code: `import ctadata_jlab\nimport uproot\n\nroot = uproot.open(${OPEN})\nroot.keys()\n`
  },
  {
    name: 'ctapipe: EventSource',
    pattern: '*.simtel.gz *.simtel.zst *.simtel *.fits.fz *.h5',
    code: [
      'import ctadata_jlab',
      'from ctapipe.io import EventSource',
      '',
      `${SOURCE}.get({path})`,
      'with EventSource({name}, max_events=10) as events:',
      '    for event in events:',
      '        print(event.index)',
      ''
    ].join('\n')
  },
  {
    name: 'text',
    pattern: '*.txt *.log *.md *.json *.yaml *.yml *.toml *.xml',
    code: `import ctadata_jlab\n\nwith ${SOURCE}.open({path}, 'r') as file:\n    text = file.read()\nprint(text[:1000])\n`
  },
  {
    name: 'get',
    pattern: '*',
    code: 'import ctadata\n\nctadata.fetch_and_save_file({path}, {name}{dev})\n'
  },
  {
    name: 'get',
    pattern: '*/',
    code: 'import ctadata\n\nctadata.fetch_and_save_file_or_dir({path}, recursive=True{dev})\n'
  },
  {
    name: 'list',
    pattern: '*/',
    code: `import ctadata_jlab\n\nfor entry in ${SOURCE}.list({path}):\n    print(entry.name, entry.size)\n`
  }
];

/** The ways that fit a name, those of the user first. */
export function recipesFor(
  name: string,
  isFolder: boolean,
  own: readonly IRecipe[] = []
): IRecipe[] {
  const whole = isFolder ? `${name}/` : name;
  return [...own, ...RECIPES].filter(({ pattern }) =>
    pattern.split(/\s+/).some(glob => fits(glob, whole))
  );
}

/** The code of one way for one place; names are escaped for Python. */
export function render(
  recipe: IRecipe,
  place: IPlace,
  options: ISnippetOptions = {}
): string {
  const name = nameOf(place.path) || place.source;
  const lower = name.toLowerCase();
  const values: Record<string, string> = {
    path: pythonString(place.path),
    name: pythonString(name),
    source: pythonString(place.source),
    url: pythonString(`ctadata://${place.source}${place.path}`),
    dev: options.isDev ? ', dev_instance=True' : '',
    format: pythonString(lower.endsWith('.ecsv') ? 'ascii.ecsv' : 'fits'),
    separator: lower.endsWith('.tsv')
      ? pythonString('\t')
      : lower.endsWith('.ecsv')
        ? 'r"\\s+"'
        : pythonString(',')
  };
  return recipe.code.replace(/\{(\w+)\}/g, (whole, key: string) =>
    key in values ? values[key] : whole
  );
}

/** The usual code for one file or folder of a source. */
export function snippet(place: IPlace, options: ISnippetOptions = {}): string {
  const name = nameOf(place.path) || place.source;
  const [first] = recipesFor(name, options.isFolder ?? false);
  return render(first, place, options);
}

/** Several snippets as one cell: what they import stands once, at the top. */
export function joined(snippets: string[]): string {
  const imports = new Set<string>();
  const bodies = snippets.map(code => {
    const lines = code.trim().split('\n');
    lines.filter(isImport).forEach(line => imports.add(line));
    return lines
      .filter(line => !isImport(line))
      .join('\n')
      .trim();
  });
  return [...imports, '', ...bodies, ''].join('\n');
}

function isImport(line: string): boolean {
  return /^(import|from) /.test(line);
}

/** Whether a name fits a glob of `*` and `?`; `*` alone means no folder. */
function fits(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]');
  return new RegExp(`^${pattern}$`, 'i').test(name);
}
