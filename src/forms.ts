/** The ways in which a place is written, for people and programs. */

import { globalOf, trim } from './paths';
import type { IPlace } from './paths';
import { encodePath } from './request';
import type { ISource } from './wire';

/** One way to write a place. */
export interface IForm {
  /** Who writes it so: `path`, `url`, `pnfs`, `python`, `jupyter`. */
  kind: 'path' | 'url' | 'pnfs' | 'python' | 'jupyter';
  text: string;
}

/** All ways to write a place of a source. */
export function formsOf(place: IPlace, source: ISource | undefined): IForm[] {
  const forms: IForm[] = [{ kind: 'path', text: place.path }];
  const whole = '/' + trim(`${source?.root ?? ''}/${trim(place.path)}`);
  if (source?.url) {
    const base = source.url.replace(/\/+$/, '');
    forms.push({ kind: 'url', text: base + encodePath(whole) });
  }
  if (whole !== place.path && whole.startsWith('/pnfs/')) {
    forms.push({ kind: 'pnfs', text: whole });
  }
  const isLocal = source?.traits.local ?? false;
  if (!isLocal) {
    const text = `ctadata://${place.source}${place.path}`;
    forms.push({ kind: 'python', text });
  }
  forms.push({ kind: 'jupyter', text: globalOf(place) });
  return forms;
}
