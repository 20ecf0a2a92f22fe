/** What a user dropped or picked, as a list of files with their places. */

import type { IManifestEntry } from './wire';

/** Files and folders that are to be uploaded. */
export interface IParcel {
  /** The files with their paths below the target folder. */
  files: { path: string; file: File }[];
  /** Folders that hold no file. */
  folders: string[];
}

/** The manifest that announces a parcel's files, in their order. */
export function manifestOf(parcel: IParcel): IManifestEntry[] {
  return parcel.files.map(({ path, file }) => ({
    path,
    size: file.size,
    modified: file.lastModified / 1000
  }));
}

/** The parcel of files picked in a dialog; of a picked folder with their places below it. */
export function parcelOfFiles(files: Iterable<File>): IParcel {
  return {
    files: Array.from(files, file => ({
      path: file.webkitRelativePath || file.name,
      file
    })),
    folders: []
  };
}

/** What a drop carries. */
export interface IDrop {
  /** Files and folders that the browser can walk through. */
  entries: FileSystemEntry[];
  /** Files of which the browser gives nothing else. */
  files: File[];
}

/**
 * What a drop carries.
 *
 * #### Notes
 * To be called while the drop is handled: the browser forgets it afterwards.
 */
export function dropOf(transfer: DataTransfer | null): IDrop {
  const drop: IDrop = { entries: [], files: [] };
  for (const item of Array.from(transfer?.items ?? [])) {
    const entry = item.webkitGetAsEntry?.() ?? null;
    const file = entry ? null : item.getAsFile();
    if (entry) {
      drop.entries.push(entry);
    } else if (file) {
      drop.files.push(file);
    }
  }
  return drop;
}

/** The parcel of a drop, its folders read to their depths. */
export async function parcelOfDrop(drop: IDrop): Promise<IParcel> {
  const parcel = parcelOfFiles(drop.files);
  for (const entry of drop.entries) {
    await gather(entry, '', parcel);
  }
  return parcel;
}

async function gather(
  entry: FileSystemEntry,
  above: string,
  parcel: IParcel
): Promise<void> {
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject)
    );
    parcel.files.push({ path, file });
    return;
  }
  const children = await read(entry as FileSystemDirectoryEntry);
  if (!children.length) {
    parcel.folders.push(path);
  }
  for (const child of children) {
    await gather(child, `${path}/`, parcel);
  }
}

/** All children of a folder; browsers give them a hundred at a time. */
async function read(
  folder: FileSystemDirectoryEntry
): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (!some.length) {
      return all;
    }
    all.push(...some);
  }
}
