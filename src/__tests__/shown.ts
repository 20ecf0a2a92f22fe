/** A laboratory whose panel is shown, one at a time; for tests. */

import { cancel, lab } from './lab';
import type { ILabOptions, Lab } from './lab';

let laboratory: Lab | null = null;

/** Furnish a laboratory and show its panel; `leave` is for after the test. */
export async function shown(options: ILabOptions = {}): Promise<Lab> {
  laboratory = await lab(options);
  await laboratory.show();
  return laboratory;
}

/** Take everything away. */
export async function leave(): Promise<void> {
  await cancel();
  laboratory?.dispose();
  laboratory = null;
  document.body.innerHTML = '';
}
