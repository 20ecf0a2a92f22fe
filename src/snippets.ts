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

/** What a snippet has to know besides the place. */
export interface ISnippetOptions {
  /** Whether the place is a folder. */
  isFolder?: boolean;
  /** Whether the source is the development side of a pair. */
  isDev?: boolean;
}

/** The code for one file or folder of a source. */
export function snippet(place: IPlace, options: ISnippetOptions = {}): string {
  const remote = pythonString(place.path);
  const name = pythonString(nameOf(place.path) || place.source);
  const dev = options.isDev ? ', dev_instance=True' : '';
  const lines = options.isFolder
    ? [`ctadata.fetch_and_save_file_or_dir(${remote}, recursive=True${dev})`]
    : [
        `ctadata.fetch_and_save_file(${remote}, ${name}${dev})`,
        ...reader(place.path, name)
      ];
  return ['import ctadata', '', ...lines, ''].join('\n');
}

function reader(path: string, name: string): string[] {
  const lower = path.toLowerCase();
  const ends = (...endings: string[]): boolean =>
    endings.some(ending => lower.endsWith(ending));
  if (ends('.h5', '.hdf5')) {
    return ['', 'import h5py', '', `h5 = h5py.File(${name}, 'r')`, 'list(h5)'];
  }
  if (ends('.fits', '.fits.gz', '.fit', '.fits.fz')) {
    return [
      '',
      'from astropy.io import fits',
      '',
      `hdus = fits.open(${name})`,
      'hdus.info()'
    ];
  }
  if (ends('.ecsv', '.csv')) {
    const format = ends('.ecsv') ? 'ascii.ecsv' : 'ascii.csv';
    return [
      '',
      'from astropy.table import Table',
      '',
      `table = Table.read(${name}, format='${format}')`,
      'table'
    ];
  }
  return [];
}
