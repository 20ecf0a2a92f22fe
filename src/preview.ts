/** What is in a file that is not opened: its structure, or its beginning. */

import type { ServerConnection } from '@jupyterlab/services';

import { pathOf } from './paths';
import type { IPlace } from './paths';
import { encodePath, requestAPI, requestRaw } from './request';

/** How much of a file's beginning is shown, in bytes. */
export const BEGINNING = 1024 * 1024;

/** How much of a binary file is written out, in bytes. */
const HEX = 16 * 1024;

/** One group, dataset or HDU of a file. */
export interface INode {
  path: string;
  /** `group`, `dataset`, `link`, or the class of a FITS HDU. */
  type: string;
  name?: string;
  shape?: number[] | null;
  dtype?: string;
  columns?: number;
  chunks?: number[] | null;
  compression?: string | null;
  members?: number;
  target?: string;
}

/** What a file holds. */
export interface IStructure {
  kind: 'hdf5' | 'fits';
  nodes: INode[];
  truncated: boolean;
}

/** How often the numbers of a column occur. */
export interface IBars {
  counts: number[];
  low: number;
  high: number;
}

/** A value of a cell. */
export type Cell = string | number | boolean;

/** A first look at data. */
export type View =
  | {
      type: 'table';
      columns: { name: string; dtype: string; unit: string }[];
      rows: Cell[][];
      total: number;
      sampled: number;
      bars: (IBars | null)[];
    }
  | {
      type: 'picture';
      width: number;
      height: number;
      grey: string;
      low: number;
      high: number;
      shape: number[];
    }
  | {
      type: 'curve';
      values: (number | null)[];
      step: number;
      sampled: number;
      total: number;
    }
  | { type: 'text'; text: string };

/** One part of a file. */
export interface IPart {
  path: string;
  attributes?: [name: string, value: Cell][];
  header?: [keyword: string, value: Cell, comment: string][];
  view: View | null;
  why?: string;
}

/** The beginning of a file. */
export interface IBeginning {
  text: string;
  isBinary: boolean;
  /** How many bytes are shown. */
  shown: number;
}

/** Whether the structure of a file of this name can be shown. */
export function hasStructure(name: string): boolean {
  return /\.(h5|hdf5?|he5|nc|fits?|fts|fits\.gz|fits\.fz)$/i.test(name);
}

/** Ask what a file holds. */
export function structureOf(
  place: IPlace,
  settings: ServerConnection.ISettings
): Promise<IStructure> {
  return requestAPI<IStructure>(routeOf(place), settings);
}

/** Ask for a first look at one part. */
export function partOf(
  place: IPlace,
  node: string,
  settings: ServerConnection.ISettings
): Promise<IPart> {
  return requestAPI<IPart>(routeOf(place), settings, {}, { node });
}

/** Read the beginning of a file, and nothing after it. */
export async function beginningOf(
  place: IPlace,
  settings: ServerConnection.ISettings
): Promise<IBeginning> {
  const response = await requestRaw(
    `files/${encodePath(pathOf(place))}`,
    settings,
    { headers: { Range: `bytes=0-${BEGINNING - 1}` } }
  );
  return readable(new Uint8Array(await response.arrayBuffer()));
}

/** Bytes as text, or written out where they are none. */
export function readable(data: Uint8Array): IBeginning {
  if (!data.subarray(0, HEX).includes(0)) {
    const text = new TextDecoder().decode(data);
    return { text, isBinary: false, shown: data.length };
  }
  const lines: string[] = [];
  for (let at = 0; at < Math.min(data.length, HEX); at += 16) {
    const row = Array.from(data.subarray(at, Math.min(at + 16, HEX)));
    const hex = row.map(byte => byte.toString(16).padStart(2, '0')).join(' ');
    const plain = row
      .map(byte => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.'))
      .join('');
    lines.push(
      `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${plain}`
    );
  }
  const shown = Math.min(data.length, HEX);
  return { text: lines.join('\n'), isBinary: true, shown };
}

/** The nodes of which all groups above are open, in the file's order. */
export function visible(
  nodes: readonly INode[],
  open: ReadonlySet<string>
): INode[] {
  return nodes.filter(({ path }) => {
    for (let cut = path.lastIndexOf('/'); cut > 0;) {
      const above = path.slice(0, cut);
      if (!open.has(above)) {
        return false;
      }
      cut = above.lastIndexOf('/');
    }
    return true;
  });
}

/** What is open at first: all if that is little, else the groups on top that hold only groups. */
export function openAtFirst(nodes: readonly INode[]): Set<string> {
  const groups = nodes.filter(node => node.type === 'group');
  if (nodes.length <= 40) {
    return new Set(groups.map(node => node.path));
  }
  return new Set(
    groups
      .filter(({ path }) => levelOf(path) === 1)
      .slice(0, 3)
      .map(({ path }) => path)
  );
}

/** How deep a node lies; 1 at the top. */
export function levelOf(path: string): number {
  return path.startsWith('/') ? path.split('/').length - 1 : 1;
}

function routeOf(place: IPlace): string {
  return `preview/${encodePath(pathOf(place))}`;
}
