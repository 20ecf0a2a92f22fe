/** Where the dev/prod toggle leads: the same folder where the other side has it. */

import { parentOf } from './paths';
import type { ISource } from './wire';

/** The source that the toggle switches to. */
export function twinOf(
  sources: readonly ISource[],
  name: string
): ISource | null {
  const here = sources.find(source => source.name === name);
  const twin =
    sources.find(source => source.name === here?.twin) ??
    sources.find(source => source.twin === name);
  return twin ?? null;
}

/** Whether the sources are one pair (or one alone), so that no picker is needed. */
export function isPair(sources: readonly ISource[]): boolean {
  const remote = remoteOf(sources);
  return (
    remote.length < 2 ||
    (remote.length === 2 && twinOf(remote, remote[0].name) === remote[1])
  );
}

/** The sources that are not folders of this machine. */
export function remoteOf(sources: readonly ISource[]): ISource[] {
  return sources.filter(source => !source.traits.local);
}

/** The sources that are folders of this machine. */
export function localsOf(sources: readonly ISource[]): ISource[] {
  return sources.filter(source => source.traits.local);
}

/**
 * The nearest folder that exists: the path itself, else a parent, else the root.
 *
 * #### Notes
 * `exists` answers for one folder. A failure other than "not there" ends the
 * search at that folder, so that what is wrong is shown there.
 */
export async function nearest(
  path: string,
  exists: (path: string) => Promise<boolean>
): Promise<string> {
  let folder = path || '/';
  while (folder !== '/') {
    if (await exists(folder)) {
      return folder;
    }
    folder = parentOf(folder);
  }
  return '/';
}
