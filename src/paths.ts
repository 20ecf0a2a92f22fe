/** The three spellings of a place: JupyterLab's, our drive's and the storage's. */

/** The name of our drive in JupyterLab's paths. */
export const DRIVE = 'ctadata';

/** The source that is the Jupyter server's root folder. */
export const WORKSPACE = 'local';

/** A place in a source. */
export interface IPlace {
  /** The source's name. */
  source: string;
  /** The absolute path inside the source. */
  path: string;
}

/** The place that a path of our drive (`dcache/lst/a`, with or without `ctadata:`) names. */
export function placeOf(path: string): IPlace {
  const local = localOf(path);
  const slash = local.indexOf('/');
  return slash === -1
    ? { source: local, path: '/' }
    : { source: local.slice(0, slash), path: local.slice(slash) };
}

/** The drive's path of a place, without the drive's name. */
export function pathOf(place: IPlace): string {
  return trim(`${place.source}/${trim(place.path)}`);
}

/** JupyterLab's path of a place. */
export function globalOf(place: IPlace): string {
  return `${DRIVE}:${pathOf(place)}`;
}

/** A path of our drive without the drive's name and outer slashes. */
export function localOf(path: string): string {
  const prefix = `${DRIVE}:`;
  return trim(path.startsWith(prefix) ? path.slice(prefix.length) : path);
}

/** Whether a path of JupyterLab's lies in our drive. */
export function isOurs(path: string): boolean {
  return path.startsWith(`${DRIVE}:`);
}

/** The folder that holds a path. */
export function parentOf(path: string): string {
  const cut = trim(path).lastIndexOf('/');
  return cut === -1 ? '/' : '/' + trim(path).slice(0, cut);
}

/** Whether a path of our drive lies directly in a folder. */
export function isIn(path: string, folder: IPlace): boolean {
  const place = placeOf(path);
  return place.source === folder.source && parentOf(place.path) === folder.path;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  const trimmed = trim(path);
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** A path below another. */
export function join(folder: string, name: string): string {
  return '/' + trim(`${trim(folder)}/${trim(name)}`);
}

/** A path without its outer slashes. */
export function trim(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
