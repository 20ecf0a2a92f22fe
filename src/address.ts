/** The forms in which people write a place: a door's URL, `/pnfs/…`, `dcache://…`, plain. */

import { DRIVE, nameOf, parentOf, placeOf, trim } from './paths';
import type { IPlace } from './paths';
import { ServerError } from './request';
import type { ISource } from './wire';

/** A scheme; JupyterLab's path field has taken one of the slashes after it. */
const SCHEME = /^\/?([a-z][a-z0-9+.-]*):\/{1,2}/i;

/** The start of a path as dCache itself writes it: the name space and the site. */
const NAMESPACE = /^\/pnfs\/[^/]+(?=\/|$)/;

/** Schemes that name a source, not a host: those of the file systems for Python. */
const BY_SOURCE = [DRIVE, 'dcache'];

/**
 * The places that a text may mean, the likeliest first.
 *
 * #### Notes
 * *here* is the place that is shown: a path without a source is one of it. A
 * door may have all of `/pnfs/SITE` as its root or may not, so that a path of
 * that form means either. A URL is percent-decoded, a path is not. Throws a
 * `ServerError` for a host that is none of the sources'.
 */
export function placesFrom(
  text: string,
  sources: readonly ISource[],
  here: IPlace
): IPlace[] {
  const typed = text.trim().replace(/^(['"])(.*)\1$/, '$2');
  const scheme = SCHEME.exec(typed);
  const bare = new RegExp(`^/?${DRIVE}:(?!/)`).exec(typed);
  if (bare) {
    return [clean(placeOf(typed.slice(bare[0].length)))];
  }
  if (scheme) {
    return fromUrl(scheme[1], typed.slice(scheme[0].length), sources, here);
  }
  const source = sources.find(({ name }) => name === here.source);
  if (!typed.startsWith('/')) {
    return [clean({ ...here, path: `${here.path}/${typed}` })];
  }
  const named = placeOf(typed);
  if (sources.some(({ name }) => name === named.source)) {
    return [clean(named), ...inside(source, typed, here.source)];
  }
  return inside(source, typed, here.source);
}

/** The place that a path of JupyterLab's means: one of *here*, unless it begins with a source. */
export function resolve(
  path: string,
  here: IPlace,
  isSource: (name: string) => boolean
): IPlace {
  const local = path.startsWith(`${DRIVE}:`)
    ? '/' + path.slice(DRIVE.length + 1)
    : path;
  if (!local.startsWith('/')) {
    return clean({ ...here, path: `${here.path}/${local}` });
  }
  const place = placeOf(climb(local));
  return isSource(place.source)
    ? place
    : { source: here.source, path: climb(local) };
}

/** The first of some places that is there, a file in its folder; the last one if none is. */
export async function firstOf(
  places: IPlace[],
  kindOf: (place: IPlace) => Promise<'folder' | 'file' | null>
): Promise<{ folder: IPlace; file: string | null }> {
  for (const place of places) {
    const kind = await kindOf(place);
    if (kind === 'folder') {
      return { folder: place, file: null };
    }
    if (kind === 'file') {
      const folder = { ...place, path: parentOf(place.path) };
      return { folder, file: nameOf(place.path) };
    }
  }
  return { folder: places[places.length - 1], file: null };
}

function fromUrl(
  scheme: string,
  rest: string,
  sources: readonly ISource[],
  here: IPlace
): IPlace[] {
  const [, host = '', raw = ''] = /^([^/?#]*)([^?#]*)/.exec(rest) ?? [];
  const path = decoded(raw);
  const found = onHost(sources, host, scheme);
  if (found) {
    return inside(found, path || '/', found.name);
  }
  if (BY_SOURCE.includes(scheme.toLowerCase())) {
    const named = sources.find(({ name }) => name === host);
    return named
      ? inside(named, path || '/', named.name)
      : inside(undefined, `/${decoded(host)}${path}`, here.source);
  }
  throw new ServerError(
    {
      error: 'NotFound',
      message: `No storage here has the address ${host}.`,
      hint: 'Add it as a storage, or paste the path alone.',
      retryable: false
    },
    404
  );
}

/** The source on that host; with the very port if there are several. */
function onHost(
  sources: readonly ISource[],
  host: string,
  scheme: string
): ISource | undefined {
  const name = host.replace(/^.*@/, '').toLowerCase();
  const urls = sources.map(source => ({ source, url: urlOf(source) }));
  const port = /^(https?|davs?)$/i.test(scheme);
  return (
    urls.find(({ url }) => port && url?.host === name) ??
    urls.find(({ url }) => url?.hostname === name.replace(/:\d+$/, ''))
  )?.source;
}

function urlOf(source: ISource): URL | null {
  try {
    return source.url ? new URL(source.url) : null;
  } catch {
    return null;
  }
}

/** The places in a source that a path of its door may be. */
function inside(
  source: ISource | undefined,
  path: string,
  name: string
): IPlace[] {
  const root = trim(source?.root ?? '');
  const bare = trim(path);
  const isBelow = root && (bare === root || bare.startsWith(`${root}/`));
  const found = isBelow ? [bare.slice(root.length)] : [];
  if (NAMESPACE.test(`/${bare}`) && !isBelow) {
    found.push(`/${bare}`.replace(NAMESPACE, ''));
  }
  return [...found, bare].map(one => clean({ source: name, path: one }));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A place whose path has no `.` and `..`, which never climb above the root. */
function clean(place: IPlace): IPlace {
  return { source: place.source, path: climb(place.path) };
}

/** A path without `.` and `..`, which never climb above the root. */
function climb(path: string): string {
  const parts: string[] = [];
  for (const part of trim(path).split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part && part !== '.') {
      parts.push(part);
    }
  }
  return '/' + parts.join('/');
}
