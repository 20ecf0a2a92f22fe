/** Long work in slices, between which the page answers the user. */

/** How long a slice may take, in ms. */
const SLICE = 8;

/** Work that stops now and then, and returns what it made. */
export type Work<T> = Generator<void, T, void>;

/** Do all of the work at once. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) {
      return value;
    }
  }
}

/**
 * Do the work in slices, as long as it is wanted.
 *
 * #### Notes
 * Resolves to null when it is not wanted any more.
 */
export async function inSlices<T>(
  work: Work<T>,
  isWanted: () => boolean
): Promise<T | null> {
  let began = performance.now();
  while (isWanted()) {
    const { done, value } = work.next();
    if (done) {
      return value;
    }
    if (performance.now() - began > SLICE) {
      await pause();
      began = performance.now();
    }
  }
  return null;
}

/** Let the page draw and answer; unlike a timer, this is not slowed down. */
export function pause(): Promise<void> {
  return new Promise(resolve => {
    if (typeof MessageChannel === 'undefined') {
      setTimeout(resolve, 0);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
