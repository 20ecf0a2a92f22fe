/** What was seen of the files of our drive: their versions and sizes. */

import type { Contents } from '@jupyterlab/services';

import { localOf } from './paths';
import type { ICtaModel, IRow } from './wire';

/** Remembers what the server said of files, by the drive's paths. */
export class Seen {
  /** Remember the rows of the folder that was listed last: they are newer than what was seen of its files before. */
  list(folder: string, rows: readonly IRow[]): void {
    this._listed = rows;
    for (const path of this._sizes.keys()) {
      if (path.slice(0, path.lastIndexOf('/')) === folder) {
        this._sizes.delete(path);
      }
    }
  }

  /** Remember a file, and give its version to JupyterLab as its hash. */
  note(path: string, model: ICtaModel): Contents.IModel {
    const version = model.ctadata?.version;
    if (typeof model.size === 'number' && model.type !== 'directory') {
      this._sizes.set(path, model.size);
    }
    if (!version) {
      this._versions.delete(path);
      return model;
    }
    this._versions.set(path, version);
    return { ...model, hash: version, hash_algorithm: 'version' };
  }

  /** Forget a file that is there no more. */
  forget(path: string): void {
    this._versions.delete(path);
    this._sizes.delete(path);
  }

  /** The version that was seen last, if any was. */
  versionOf(path: string): string | undefined {
    return this._versions.get(path);
  }

  /** The size that was seen last, in bytes, if any was. */
  sizeOf(path: string): number | null | undefined {
    return (
      this._sizes.get(path) ??
      this._listed.find(row => localOf(row.path) === path)?.size
    );
  }

  private _versions = new Map<string, string>();
  private _sizes = new Map<string, number>();
  private _listed: readonly IRow[] = [];
}
