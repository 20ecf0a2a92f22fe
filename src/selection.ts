/** What is selected in a list: any number of paths. */

/** What can be selected. */
interface IPathed {
  path: string;
}

/**
 * The paths that are selected.
 *
 * #### Notes
 * JupyterLab keeps them as the keys of an object, which takes a tenth of a
 * second to fill, and half of that to count, for a hundred thousand paths. This
 * is a set; `record` shows it to JupyterLab's code as such an object.
 */
export class Selection {
  /** The selection as JupyterLab's code knows it. */
  readonly record: Record<string, boolean> = new Proxy(
    Object.create(null) as Record<string, boolean>,
    {
      get: (_, path) => this.has(path as string) || undefined,
      has: (_, path) => this.has(path as string),
      set: (_, path) => {
        this.add([path as string]);
        return true;
      },
      deleteProperty: (_, path) => {
        this.remove([path as string]);
        return true;
      },
      ownKeys: () => this._keys(),
      getOwnPropertyDescriptor: (_, path) =>
        this.has(path as string)
          ? { value: true, configurable: true, enumerable: true }
          : undefined
    }
  );

  /** How many there are. */
  get size(): number {
    return this._paths.size;
  }

  /** Whether a path is selected. */
  has(path: string): boolean {
    return this._paths.has(path);
  }

  /** Select these paths and no others. */
  take(paths: Iterable<string>): void {
    this._paths = new Set(paths);
    this._version += 1;
  }

  /** Select more. */
  add(paths: Iterable<string>): void {
    for (const path of paths) {
      this._paths.add(path);
    }
    this._version += 1;
  }

  /** Select less. */
  remove(paths: Iterable<string>): void {
    for (const path of paths) {
      this._paths.delete(path);
    }
    this._version += 1;
  }

  /** Those of some rows that are selected; the same array as long as nothing changes. */
  of<T extends IPathed>(rows: readonly T[]): readonly T[] {
    if (this._of !== rows || this._at !== this._version) {
      [this._of, this._at] = [rows, this._version];
      this._chosen = this._look(rows);
    }
    return this._chosen as readonly T[];
  }

  /** The selection of some rows alone, as a plain object. */
  within(rows: readonly IPathed[]): Record<string, boolean> {
    const part = Object.create(null) as Record<string, boolean>;
    for (const { path } of rows) {
      if (this.has(path)) {
        part[path] = true;
      }
    }
    return part;
  }

  /**
   * Do what JupyterLab does to the rows between the one with the focus and
   * another, if Shift is held: all become selected; if they are already, the
   * selection shrinks to the other one.
   */
  extend(rows: readonly IPathed[], from: number, to: number): void {
    const step = from < to ? 1 : -1;
    const between: string[] = [];
    for (let at = from + step; at !== to; at += step) {
      between.push(rows[at].path);
    }
    const isShrinking =
      this.has(rows[to].path) && between.every(path => this.has(path));
    if (isShrinking) {
      this.remove([rows[from].path, ...between]);
    } else {
      this.add(between);
      this.add([rows[to].path]);
    }
  }

  /** Show no more than two of them to code that asks only whether there is one, or another. */
  briefly<T>(act: () => T): T {
    this._isBrief = true;
    try {
      return act();
    } finally {
      this._isBrief = false;
    }
  }

  private _keys(): string[] {
    if (!this._isBrief || this._paths.size <= 2) {
      return [...this._paths];
    }
    const keys: string[] = [];
    for (const path of this._paths) {
      keys.push(path);
      if (keys.length === 2) {
        break;
      }
    }
    return keys;
  }

  private _look(rows: readonly IPathed[]): IPathed[] {
    const found: IPathed[] = [];
    for (const row of rows) {
      if (found.length === this._paths.size) {
        break;
      }
      if (this._paths.has(row.path)) {
        found.push(row);
      }
    }
    return found;
  }

  private _paths = new Set<string>();
  private _version = 0;
  private _isBrief = false;
  private _of: readonly IPathed[] | null = null;
  private _at = -1;
  private _chosen: readonly IPathed[] = [];
}
