/** Whether a copy on the server's machine is what a storage has. */

import type { ServerConnection } from '@jupyterlab/services';

import { pathOf } from './paths';
import type { IPlace } from './paths';
import { encodePath, requestRaw, ServerError } from './request';
import type { IComparison } from './wire';

/**
 * Compare a file with a local copy.
 *
 * #### Notes
 * `onProgress` is told how many bytes were read. Rejects if the answer is cut
 * short: then nothing is known.
 */
export async function verify(
  place: IPlace,
  local: IPlace,
  settings: ServerConnection.ISettings,
  onProgress: (done: number) => void
): Promise<IComparison> {
  const route = `verify/${encodePath(pathOf(place))}`;
  const query = { local: pathOf(local) };
  const response = await requestRaw(route, settings, {}, query);
  let found: IComparison | null = null;
  const take = (line: string): void => {
    const said = JSON.parse(line) as IComparison & { done?: number };
    if (said.done === undefined) {
      found = said;
    } else {
      onProgress(said.done);
    }
  };
  try {
    await eachLine(response, take);
  } catch {
    found = null; // broken off
  }
  if (!found) {
    throw new ServerError(
      {
        error: 'BadAnswer',
        message: 'The comparison broke off.',
        hint: 'Try it again.',
        retryable: true
      },
      502
    );
  }
  return found;
}

async function eachLine(
  response: Response,
  take: (line: string) => void
): Promise<void> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    lines.filter(line => line.trim()).forEach(take);
    if (done) {
      return;
    }
  }
}
