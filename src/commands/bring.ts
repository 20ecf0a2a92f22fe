/** Bringing files of ours into a folder of ours: by drop, by paste, by menu. */

import { isIn, placeOf } from '../paths';
import type { IPlace } from '../paths';
import type { CommandContext } from './context';
import { fromOf } from './context';

/**
 * Bring paths of our drive into a folder.
 *
 * #### Notes
 * Within one source `drop` moves; between two it copies, as between two disks.
 */
export async function bring(
  context: CommandContext,
  paths: string[],
  to: IPlace,
  how: 'drop' | 'move' | 'copy'
): Promise<void> {
  const isWithin = paths.every(path => placeOf(path).source === to.source);
  const kind = how === 'drop' ? (isWithin ? 'move' : 'copy') : how;
  const coming = paths.filter(path => kind === 'copy' || !isIn(path, to));
  if (coming.length) {
    const isBeside = kind === 'copy' && coming.every(path => isIn(path, to));
    await context.start({
      kind,
      from: fromOf(coming),
      to,
      conflict: isBeside ? 'rename' : 'ask'
    });
  }
}
