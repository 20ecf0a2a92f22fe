/** What was cut or copied, here or in JupyterLab's file browser, and its pasting on either side. */

import type { FileBrowser } from '@jupyterlab/filebrowser';

import { isIn, isOurs, trim, WORKSPACE } from '../paths';
import type { IPlace } from '../paths';
import { bring } from './bring';
import type { CommandContext } from './context';
import { fromOf } from './context';

/** What was cut or copied. */
interface IKept {
  paths: string[];
  isCut: boolean;
}

const NOTHING: IKept = { paths: [], isCut: false };

/**
 * One board for both browsers: what was taken last is what is pasted.
 *
 * #### Notes
 * Each browser has a clipboard of its own; the methods of these two instances
 * (not of their classes) tell the board first, so that JupyterLab's own
 * commands, menus and keys work as everywhere.
 */
export class Board {
  /** Construct an empty board. */
  constructor(context: CommandContext) {
    this._context = context;
    const { rows } = context.panel.browser;
    const { cut, copy } = rows;
    rows.cut = () => {
      if (context.mayChange()) {
        this._keep(context.selection, true);
        cut.call(rows);
      }
    };
    rows.copy = () => {
      this._keep(context.selection, false);
      copy.call(rows);
    };
    if (rows.hooks) {
      rows.hooks.paste = () => this.paste();
    }
    if (context.defaultBrowser) {
      this._join(context.defaultBrowser);
    }
  }

  /** Whether there is nothing to paste. */
  get isEmpty(): boolean {
    return this._kept.paths.length === 0;
  }

  /** Take the selection of the panel. */
  take(isCut: boolean): void {
    const { rows } = this._context.panel.browser;
    if (isCut) {
      rows.cut();
    } else {
      rows.copy();
    }
  }

  /** Bring what was taken into the folder that the panel shows. */
  async paste(): Promise<void> {
    const { here } = this._context;
    const { paths, isCut } = this._taken();
    const from = this._from(paths);
    if (!paths.length) {
      return;
    }
    if (!isCut && paths.every(path => isOurs(path) && isIn(path, here))) {
      await this._start(from, here, 'copy', 'rename');
    } else if (paths.every(isOurs)) {
      await bring(this._context, paths, here, isCut ? 'move' : 'copy');
    } else {
      await this._start(from, here, isCut ? 'move' : 'upload');
    }
  }

  /** JupyterLab's file browser tells what is taken there, and takes what was taken here. */
  private _join(browser: FileBrowser): void {
    const { cut, copy, paste } = browser;
    browser.cut = () => {
      this._keep(Array.from(browser.selectedItems()), true);
      cut.call(browser);
    };
    browser.copy = () => {
      this._keep(Array.from(browser.selectedItems()), false);
      copy.call(browser);
    };
    browser.paste = () => {
      if (this.isEmpty || !this._kept.paths.every(isOurs)) {
        return paste.call(browser);
      }
      const { paths, isCut } = this._taken();
      const { contents } = this._context.docManager.services;
      const path = '/' + trim(contents.localPath(browser.model.path));
      const to = { source: WORKSPACE, path };
      const kind = isCut ? 'move' : 'download';
      return this._start(this._from(paths), to, kind);
    };
  }

  private _keep(items: { path: string }[], isCut: boolean): void {
    const paths = items.map(item => item.path);
    const { contents } = this._context.docManager.services;
    // the server knows no other extension's drive
    const isForeign = paths.some(
      path => contents.driveName(path) && !isOurs(path)
    );
    this._kept = isForeign ? NOTHING : { paths, isCut };
  }

  /** What was taken; what was cut can be pasted once. */
  private _taken(): IKept {
    const kept = this._kept;
    if (kept.isCut) {
      this._kept = NOTHING;
    }
    return kept;
  }

  private _from(paths: string[]): { source: string; paths: string[] } {
    const { contents } = this._context.docManager.services;
    return paths.every(isOurs)
      ? fromOf(paths)
      : {
          source: WORKSPACE,
          paths: paths.map(path => '/' + trim(contents.localPath(path)))
        };
  }

  private async _start(
    from: { source: string; paths: string[] },
    to: IPlace,
    kind: 'copy' | 'move' | 'upload' | 'download',
    conflict: 'ask' | 'rename' = 'ask'
  ): Promise<void> {
    await this._context.start({ kind, from, to, conflict });
  }

  private _context: CommandContext;
  private _kept: IKept = NOTHING;
}
