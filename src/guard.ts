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
 * `inside` is how many files their folders hold; null while nobody knows. What was counted weighs more than what the
 * listing says, as a file may have become a folder since. Single files and empty folders are confirmed by a button.
 * A name that cannot be typed is not asked for, but how many they are.
 */
export function wordToDelete(
  source: Guarded,
  doomed: readonly IDoomed[],
  inside: number | null
): string | null {
  const hasContent =
    inside === null ? doomed.some(one => one.isFolder) : inside > 0;
  if (!source?.production || !hasContent) {
    return null;
  }
  const isNamed = doomed.length === 1 && canBeTyped(doomed[0].name);
  return isNamed ? doomed[0].name : String(doomed.length);
}

/** What has to be typed before targets that exist are replaced: of several how many they are; null: nothing. */
export function wordToReplace(source: Guarded, count: number): string | null {
  return source?.production && count > 1 ? String(count) : null;
}

/** Whether what was typed is the word; how its accents are composed and how wide its spaces are does not matter. */
export function isTyped(typed: string, word: string): boolean {
  return plain(typed) === plain(word);
}

/** A text as it can be seen in a label and typed: one composition of each accent, one kind of space. */
function plain(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/** Whether a name shows something, and holds nothing that a keyboard cannot give: controls, line breaks, marks without width. */
function canBeTyped(name: string): boolean {
  return plain(name) !== '' && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name);
}
