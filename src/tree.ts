/** The folders that are unfolded in the list. */

import type { Rows, IView } from './rows';
import type { IRow } from './wire';

/** How a folder's row stands in the tree. */
export type Fold = 'folded' | 'loading' | 'unfolded';

/** How many folders are listed at once when all are listed again. */
const AT_ONCE = 4;

/**
 * Unfolded folders, by JupyterLab's paths.
 *
 * #### Notes
 * What a folder holds is asked for when it is unfolded, and forgotten when it
 * is folded; folders unfolded below it are, too.
 */
export class Tree {
  /** Construct it with what lists a folder. */
  constructor(list: (path: string) => Promise<Rows>) {
    this._list = list;
  }

  /** Whether a folder is unfolded, or about to be. */
  has(path: string): boolean {
    return this._branches.has(path);
  }

  /** How a folder stands. */
  foldOf(path: string): Fold {
    const rows = this._branches.get(path);
    return rows ? 'unfolded' : rows === null ? 'loading' : 'folded';
  }

  /** Whether something below a folder is shown. */
  showsBelow(path: string): boolean {
    return Boolean(this._branches.get(path)?.shown.length);
  }

  /** Unfold a folder; rejects, and leaves it folded, if it cannot be listed. */
  async unfold(path: string, view: () => IView): Promise<void> {
    if (this._branches.has(path)) {
      return;
    }
    this._branches.set(path, null);
    try {
      await this._load(path, view);
    } catch (reason) {
      this.fold(path);
      throw reason;
    }
  }

  /** Fold a folder. */
  fold(path: string): void {
    for (const one of [...this._branches.keys()]) {
      if (one === path || one.startsWith(`${path}/`)) {
        this._branches.delete(one);
      }
    }
    this._version += 1;
  }

  /** List all unfolded folders again; one that cannot be listed is folded. */
  async reload(view: () => IView): Promise<void> {
    const paths = [...this._branches.keys()];
    const work = async (): Promise<void> => {
      for (let path = paths.shift(); path; path = paths.shift()) {
        const one = path;
        await this._load(one, view).catch(() => this.fold(one));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** Fold everything. */
  clear(): void {
    this._branches.clear();
    this._version += 1;
  }

  /** Arrange what is unfolded, the deepest first; null if that is done. */
  arrange(view: IView): Promise<void> | null {
    const deepest = [...this._branches].sort(
      ([a], [b]) => depthOf(b) - depthOf(a)
    );
    let pending: Promise<void> | null = null;
    for (const [, rows] of deepest) {
      pending = pending
        ? pending.then(() => rows?.arrange(view) ?? undefined)
        : (rows?.arrange(view) ?? null);
    }
    this._version += 1;
    return pending?.then(() => void (this._version += 1)) ?? null;
  }

  /** Rows with those of the unfolded folders below their folders; the same array for the same rows. */
  flatten(rows: readonly IRow[]): readonly IRow[] {
    if (!this._branches.size) {
      return rows;
    }
    if (this._of !== rows || this._at !== this._version) {
      const flat: IRow[] = [];
      this._walk(rows, flat);
      [this._flat, this._of, this._at] = [flat, rows, this._version];
    }
    return this._flat;
  }

  private _walk(rows: readonly IRow[], flat: IRow[]): void {
    for (const row of rows) {
      flat.push(row);
      const below =
        row.type === 'directory' ? this._branches.get(row.path) : null;
      if (below) {
        this._walk(below.shown, flat);
      }
    }
  }

  private async _load(path: string, view: () => IView): Promise<void> {
    const rows = await this._list(path);
    do {
      await rows.arrange(view());
    } while (rows.view !== view());
    if (this._branches.has(path)) {
      this._branches.set(path, rows);
      this._version += 1;
    }
  }

  private _list: (path: string) => Promise<Rows>;
  private _branches = new Map<string, Rows | null>();
  private _version = 0;
  private _flat: readonly IRow[] = [];
  private _of: readonly IRow[] | null = null;
  private _at = -1;
}

/** How many folders lead to a path. */
export function depthOf(path: string): number {
  return path.split('/').length;
}
