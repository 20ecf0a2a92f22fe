/** A Jupyter server made of a function, for tests. */

import { ServerConnection } from '@jupyterlab/services';

/** One request as the server sees it. */
export interface IAsked {
  method: string;
  /** The path below the base URL, as it was sent. */
  path: string;
  body: unknown;
  signal: AbortSignal | null;
}

/** What the server answers: a status and JSON, or a list of texts that are streamed. */
export interface IAnswer {
  status?: number;
  json?: unknown;
  pieces?: string[];
  /** Breaks the connection after the pieces. */
  breaks?: boolean;
  /** Leaves the connection open after the pieces, until this is aborted. */
  hangs?: AbortSignal;
}

/** The base URL, below which everything has to lie. */
export const BASE = 'http://localhost:8888/user/name/';

/** Settings whose requests are answered by a function; all requests are kept in `asked`. */
export function serve(answer: (asked: IAsked) => IAnswer | Promise<IAnswer>): {
  settings: ServerConnection.ISettings;
  asked: IAsked[];
} {
  const asked: IAsked[] = [];
  const fetch = async (request: FakeRequest): Promise<Response> => {
    const { url, init } = request;
    if (!url.startsWith(BASE)) {
      throw new Error(`${url} is outside of the base URL`);
    }
    const { body } = init;
    const one: IAsked = {
      method: init.method ?? 'GET',
      // JupyterLab adds the time against caches
      path: url.slice(BASE.length).replace(/[?&]\d{13}$/, ''),
      body: typeof body === 'string' ? JSON.parse(body) : (body ?? null),
      signal: init.signal ?? null
    };
    asked.push(one);
    return responseOf(await answer(one));
  };
  const settings = ServerConnection.makeSettings({
    baseUrl: BASE,
    wsUrl: 'ws://localhost:8888/user/name/',
    token: '',
    appendToken: false,
    fetch: fetch as unknown as ServerConnection.ISettings['fetch'],
    Request: FakeRequest as unknown as typeof Request
  });
  return { settings, asked };
}

class FakeRequest {
  constructor(
    readonly url: string,
    readonly init: RequestInit
  ) {}

  readonly headers = {
    append: (): void => undefined,
    set: (): void => undefined,
    has: (): boolean => true
  };
}

function responseOf(answer: IAnswer): Response {
  const status = answer.status ?? 200;
  const text =
    answer.pieces?.join('') ??
    (answer.json === undefined ? '' : JSON.stringify(answer.json));
  const pieces = (answer.pieces ?? [text]).map(piece =>
    new TextEncoder().encode(piece)
  );
  const reader = {
    read: () => {
      const value = pieces.shift();
      if (value === undefined && answer.breaks) {
        return Promise.reject(new TypeError('network error'));
      }
      const { hangs } = answer;
      if (value === undefined && hangs) {
        return new Promise((_, reject) => {
          const end = () => reject(new DOMException('', 'AbortError'));
          return hangs.aborted ? end() : hangs.addEventListener('abort', end);
        });
      }
      return Promise.resolve({ done: value === undefined, value });
    },
    cancel: () => Promise.resolve()
  };
  return {
    ok: status < 400,
    status,
    statusText: '',
    body: { getReader: () => reader },
    text: () => Promise.resolve(text),
    json: () => Promise.resolve(JSON.parse(text))
  } as unknown as Response;
}

/** A moment in which promises settle. */
export function settle(ms = 0): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/** Wait until something holds. */
export async function until(holds: () => unknown): Promise<void> {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) {
      throw new Error(`It never came to hold that ${String(holds)}`);
    }
    await settle(2);
  }
}
