/** A folder's listing as it arrives: lines of JSON, the last of which says that it is whole. */

import { isErrorBody, ServerError } from './request';
import { Flag } from './wire';
import type { IExtra, IListingBlock, IListingEnd, IRow } from './wire';

/** The HTTP status that an error inside a stream would have had. */
const STATUS: Record<string, number> = {
  NotLoggedIn: 403,
  Forbidden: 403,
  NotFound: 404,
  AlreadyExists: 409,
  Changed: 409,
  Offline: 409,
  BadPath: 400,
  Unsupported: 501,
  NoSpace: 507,
  ServerFault: 500
};

/**
 * Takes a listing's text piece by piece and gives its blocks.
 *
 * #### Notes
 * Throws a `ServerError` for an error in the stream, for a line that is no
 * block, and from `end()` when the last line is missing or counts otherwise.
 */
export class ListingParser {
  /** Construct a parser that hands each block to *onBlock*. */
  constructor(onBlock: (block: IListingBlock) => void) {
    this._onBlock = onBlock;
  }

  /** Take the next piece of text. */
  push(text: string): void {
    const lines = (this._rest + text).split('\n');
    this._rest = lines.pop() ?? '';
    lines.forEach(line => this._line(line));
  }

  /** Say that no more text comes, and return the last line. */
  end(): IListingEnd {
    const rest = this._rest;
    this._rest = '';
    this._line(rest);
    if (!this._end) {
      throw bad('The listing was cut short.');
    }
    if (this._end.count !== this._count) {
      throw bad(
        `The listing has ${this._count} entries where ${this._end.count} were announced.`
      );
    }
    return this._end;
  }

  private _line(line: string): void {
    if (!line.trim()) {
      return;
    }
    const value = parse(line);
    if ('error' in value) {
      const body = isErrorBody(value.error) ? value.error : value;
      if (isErrorBody(body)) {
        throw new ServerError(body, STATUS[body.error] ?? 502);
      }
    }
    if (value.complete === true) {
      this._end = value as unknown as IListingEnd;
    } else if (Array.isArray(value.names) && !this._end) {
      const block = value as unknown as IListingBlock;
      this._count += block.names.length;
      this._onBlock(block);
    } else {
      throw bad('The listing has a line that is none.');
    }
  }

  private _onBlock: (block: IListingBlock) => void;
  private _rest = '';
  private _count = 0;
  private _end: IListingEnd | null = null;
}

/** Read a whole listing from an answer, block by block. */
export async function readListing(
  response: Response,
  onBlock: (block: IListingBlock) => void
): Promise<IListingEnd> {
  const parser = new ListingParser(onBlock);
  if (!response.body) {
    parser.push(await response.text());
    return parser.end();
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      parser.push(decoder.decode(value, { stream: true }));
    }
  } catch (reason) {
    reader.cancel().catch(() => undefined);
    throw reason instanceof TypeError
      ? bad('The listing was cut short.')
      : reason;
  }
  parser.push(decoder.decode());
  return parser.end();
}

/** What a listing tells of a file; shared by all rows. */
const UNKNOWN: IExtra = { online: null, checksum: null, version: null };
const OFFLINE: IExtra = { ...UNKNOWN, online: false };

/** The rows of a block as contents models below *folder*. */
export function rowsOf(
  folder: string,
  block: IListingBlock,
  writable: boolean
): IRow[] {
  return block.names.map((name, index) => {
    const flags = block.flags[index] ?? 0;
    const mtime = block.mtimes[index] ?? null;
    const time = mtime === null ? '' : new Date(mtime * 1000).toISOString();
    return {
      name,
      path: folder ? `${folder}/${name}` : name,
      type: typeOf(name, flags),
      size: block.sizes[index] ?? undefined,
      last_modified: time,
      created: time,
      writable,
      format: null,
      mimetype: '',
      content: null,
      ctadata: flags & Flag.offline ? OFFLINE : UNKNOWN
    };
  });
}

function typeOf(name: string, flags: number): string {
  if (flags & Flag.folder) {
    return 'directory';
  }
  return name.endsWith('.ipynb') ? 'notebook' : 'file';
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) {
      return value as Record<string, unknown>;
    }
  } catch {
    // told below
  }
  throw bad('The listing has a line that is no JSON.');
}

function bad(message: string): ServerError {
  return new ServerError(
    {
      error: 'BadAnswer',
      message,
      hint: 'Refresh the folder; what you saw before is kept.',
      retryable: true
    },
    502
  );
}
