/** Questions to our server extension, and the errors it answers with. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { IErrorBody } from './wire';

/** The prefix of every route below the server's base URL. */
export const NAMESPACE = 'ctadata-jlab';

/**
 * A failure that says what happened and what to do about it.
 *
 * #### Notes
 * `response.status` is where JupyterLab's own code looks for a status.
 */
export class ServerError extends Error {
  /** Construct the error from the server's words. */
  constructor(body: IErrorBody, status: number) {
    super(body.message);
    this.name = body.error;
    this.hint = body.hint;
    this.retryable = body.retryable;
    this.source = body.source ?? null;
    this.status = status;
    this.response = { status };
  }

  /** What the user can do. */
  readonly hint: string;

  /** Whether the same request may succeed later. */
  readonly retryable: boolean;

  /** Whose login is missing; null: that of the source that was asked. */
  readonly source: string | null;

  /** The HTTP status. */
  readonly status: number;

  /** The part of a response that JupyterLab's models look at. */
  readonly response: { readonly status: number };
}

/** Whether a value has the shape of the server's error bodies. */
export function isErrorBody(value: unknown): value is IErrorBody {
  const body = value as Partial<IErrorBody> | null;
  return (
    typeof body === 'object' &&
    body !== null &&
    typeof body.error === 'string' &&
    typeof body.message === 'string'
  );
}

/** The error that an answer of 400 or above stands for. */
export async function errorOf(response: Response): Promise<ServerError> {
  const text = await response.text().catch(() => '');
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // a proxy's HTML page, say
  }
  if (isErrorBody(body)) {
    return new ServerError(
      { ...body, hint: body.hint ?? '', retryable: body.retryable ?? false },
      response.status
    );
  }
  const message = (body as { message?: unknown } | null)?.message;
  return new ServerError(
    {
      error: 'BadAnswer',
      message:
        typeof message === 'string' && message
          ? message
          : `The Jupyter server answered ${response.status} ${response.statusText}.`,
      hint:
        response.status === 404
          ? 'Is the server extension ctadata_jlab enabled? `jupyter server extension list` tells.'
          : '',
      retryable: response.status >= 500
    },
    response.status
  );
}

/** Any failure as a `ServerError`. */
export function asServerError(reason: unknown): ServerError {
  if (reason instanceof ServerError) {
    return reason;
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return new ServerError(
    { error: 'ServerFault', message, hint: '', retryable: false },
    500
  );
}

/** Whether a failure only says that the request was given up on purpose. */
export function isAbort(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'AbortError';
}

/** The URL of a route; *path* is percent-encoded already. */
export function routeUrl(
  settings: ServerConnection.ISettings,
  path: string,
  query: Record<string, string> = {}
): string {
  const search = new URLSearchParams(query).toString();
  return (
    URLExt.join(settings.baseUrl, NAMESPACE, path) + (search && `?${search}`)
  );
}

/** A path as URL: each part percent-encoded once, its bytes untouched. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/**
 * Send a request and return the answer if it is a good one.
 *
 * #### Notes
 * Rejects with a `ServerError`, also when the Jupyter server does not answer;
 * with the `AbortError` itself when the request was given up.
 */
export async function requestRaw(
  path: string,
  settings: ServerConnection.ISettings,
  init: RequestInit = {},
  query: Record<string, string> = {}
): Promise<Response> {
  let response: Response;
  try {
    const url = routeUrl(settings, path, query);
    response = await ServerConnection.makeRequest(url, init, settings);
  } catch (reason) {
    if (isAbort(reason) || init.signal?.aborted) {
      throw isAbort(reason) ? reason : new DOMException('', 'AbortError');
    }
    throw new ServerError(
      {
        error: 'Unreachable',
        message: 'The Jupyter server does not answer.',
        hint: 'Check the connection to your Jupyter server, then refresh.',
        retryable: true
      },
      502
    );
  }
  if (!response.ok) {
    throw await errorOf(response);
  }
  return response;
}

/** Send a request and return its JSON; nothing for 204. */
export async function requestAPI<T>(
  path: string,
  settings: ServerConnection.ISettings,
  init: RequestInit = {},
  query: Record<string, string> = {}
): Promise<T> {
  const response = await requestRaw(path, settings, init, query);
  if (response.status === 204) {
    return undefined as T;
  }
  return (await response.json()) as T;
}
