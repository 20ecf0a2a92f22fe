/** What has to be typed before something is destroyed on production storage. */

import type { ISource } from './wire';

/** Of a source what decides. */
type Guarded = Pick<ISource, 'production'> | undefined;

/** One thing that is to be deleted. */
export interface IDoomed {
  name: string;
  isFolder: boolean;
}

/**
 * What has to be typed before some things are deleted: the folder's name, or of several how many they are; null: nothing.
 *
 * #### Notes
 * `inside` is how many files their folders hold; null while nobody knows.
 * Single files and empty folders are confirmed by a button.
 */
export function wordToDelete(
  source: Guarded,
  doomed: readonly IDoomed[],
  inside: number | null
): string | null {
  const hasContent = doomed.some(one => one.isFolder) && inside !== 0;
  if (!source?.production || !hasContent) {
    return null;
  }
  return doomed.length === 1 ? doomed[0].name : String(doomed.length);
}

/** What has to be typed before targets that exist are replaced: of several how many they are; null: nothing. */
export function wordToReplace(source: Guarded, count: number): string | null {
  return source?.production && count > 1 ? String(count) : null;
}

/** Whether what was typed is the word; how its accents are composed does not matter. */
export function isTyped(typed: string, word: string): boolean {
  const plain = (text: string): string => text.normalize('NFC').trim();
  return plain(typed) === plain(word);
}
