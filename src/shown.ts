/** What is shown: the rows of one folder, or of a search, with those of unfolded folders. */

import { Rows } from './rows';
import type { Tree } from './tree';
import type { View } from './view';
import type { IRow } from './wire';

/** Why a listing shows no row. */
export type Emptiness = 'empty' | 'hidden' | 'filtered';

/** The rows that are shown, arranged by the view. */
export class Shown {
  /** Construct it, with no row yet. */
  constructor(view: View, tree: Tree, draw: () => void) {
    this._view = view;
    this.tree = tree;
    this.draw = draw;
  }

  /** The folders that are unfolded. */
  readonly tree: Tree;

  /** Draw what is shown. */
  readonly draw: () => void;

  /** The rows without those of unfolded folders. */
  get rows(): Rows {
    return this._rows;
  }

  /** The hash of the listing that the rows are; null if they are not a whole one. */
  get hash(): string | null | undefined {
    return this._hash;
  }

  /** Whether there are rows, but not all that the folder has. */
  get isPart(): boolean {
    return this._hash === null && this._rows.all.length > 0;
  }

  /** All rows in their order; the same array as long as nothing changes. */
  get list(): readonly IRow[] {
    return this.tree.flatten(this._rows.shown);
  }

  /** Why there is no row; null if there is. */
  get emptiness(): Emptiness | null {
    const { all, shown } = this._rows;
    if (shown.length) {
      return null;
    }
    return all.some(row => this._view.isVisible(row))
      ? 'filtered'
      : all.length
        ? 'hidden'
        : 'empty';
  }

  /** Have other rows, which have been arranged. */
  take(rows: Rows, hash: string | null | undefined = null): void {
    this._rows = rows;
    this._hash = hash;
  }

  /** Arrange rows that are to be shown, by the view that is wanted when they are done. */
  async prepare(rows: Rows): Promise<void> {
    do {
      await rows.arrange(this._view.now);
    } while (rows.view !== this._view.now);
  }

  /** List all unfolded folders again. */
  reloadTree(): Promise<void> {
    return this.tree.reload(() => this._view.now);
  }

  /** Arrange the rows anew and draw them; null if that is done already. */
  arrange(): Promise<void> | null {
    const view = this._view.renew();
    const rows = this._rows;
    const branches = this.tree.arrange(view);
    const arranging = branches
      ? branches.then(() => rows.arrange(view) ?? undefined)
      : rows.arrange(view);
    if (!arranging) {
      this.draw();
      return null;
    }
    return arranging.then(() => {
      if (rows === this._rows) {
        this.draw();
      }
    });
  }

  /** Unfold a folder or fold it; rejects if it cannot be listed. */
  async toggle(path: string): Promise<void> {
    if (this.tree.has(path)) {
      this.tree.fold(path);
    } else {
      const unfolding = this.tree.unfold(path, () => this._view.now);
      this.draw();
      await unfolding;
    }
  }

  private _view: View;
  private _rows = new Rows();
  private _hash: string | null | undefined = null;
}
