/** Changing what is there: new, rename, move, copy, delete. */

import { InputDialog } from '@jupyterlab/apputils';
import {
  copyIcon,
  cutIcon,
  deleteIcon,
  editIcon,
  fileIcon,
  newFolderIcon,
  pasteIcon
} from '@jupyterlab/ui-components';

import { moveIcon } from '../icons';
import { parentOf, placeOf, trim } from '../paths';
import type { IPlace } from '../paths';
import type { CommandContext, ICommand } from './context';
import { fromOf } from './context';
import { confirmDelete } from './delete';

/** What was cut or copied. */
interface IClipboard {
  paths: string[];
  isCut: boolean;
}

/** The commands that change. */
export function editCommands(context: CommandContext): ICommand[] {
  const { panel, trans } = context;
  const { browser } = panel;
  const clipboard = new Clipboard(context);
  const mayChange = (): boolean =>
    context.isWritable && context.selection.length > 0;
  return [
    {
      id: 'ctadata:new-folder',
      label: trans.__('New Folder'),
      icon: newFolderIcon,
      inPalette: true,
      isEnabled: () => context.isWritable,
      execute: () => browser.createNewDirectory()
    },
    {
      id: 'ctadata:new-file',
      label: trans.__('New File'),
      icon: fileIcon,
      inPalette: true,
      isEnabled: () => context.isWritable,
      execute: () => browser.createNewFile({ ext: 'txt' })
    },
    {
      id: 'ctadata:rename',
      label: trans.__('Rename'),
      icon: editIcon,
      isEnabled: () => context.isWritable && context.single !== null,
      execute: () => browser.rename()
    },
    {
      id: 'ctadata:move',
      label: trans.__('Move…'),
      icon: moveIcon,
      inPalette: true,
      isEnabled: mayChange,
      execute: () => move(context)
    },
    {
      id: 'ctadata:cut',
      label: trans.__('Cut'),
      icon: cutIcon,
      isEnabled: mayChange,
      execute: () => clipboard.take(true)
    },
    {
      id: 'ctadata:copy',
      label: trans.__('Copy'),
      icon: copyIcon,
      isEnabled: () => context.selection.length > 0,
      execute: () => clipboard.take(false)
    },
    {
      id: 'ctadata:paste',
      label: trans.__('Paste'),
      icon: pasteIcon,
      inPalette: true,
      isEnabled: () => context.isWritable && !clipboard.isEmpty,
      execute: () => clipboard.paste()
    },
    {
      id: 'ctadata:delete',
      label: trans.__('Delete…'),
      caption: trans.__(
        'Delete permanently; there is no trash on remote storage'
      ),
      icon: deleteIcon,
      isEnabled: mayChange,
      execute: () => remove(context)
    }
  ];
}

/** Delete the selection, after saying what it holds. */
export async function remove(context: CommandContext): Promise<void> {
  const from = context.selected;
  if (from.paths.length && (await confirmDelete(context, from))) {
    await context.start({ kind: 'delete', from });
  }
}

/** Copy the selection beside itself, under other names. */
export async function duplicate(context: CommandContext): Promise<void> {
  if (context.selection.length) {
    await context.start({
      kind: 'copy',
      from: context.selected,
      to: context.here,
      conflict: 'rename'
    });
  }
}

/** Move or copy paths of our drive into a folder. */
export async function bring(
  context: CommandContext,
  paths: string[],
  to: IPlace,
  isCopy: boolean
): Promise<void> {
  const coming = isCopy ? paths : paths.filter(path => !isIn(path, to));
  if (coming.length) {
    await context.start({
      kind: isCopy ? 'copy' : 'move',
      from: fromOf(coming),
      to,
      conflict: 'ask'
    });
  }
}

/** What was cut or copied, and its pasting. */
export class Clipboard {
  /** Construct an empty clipboard, which the listing's own keys use as well. */
  constructor(context: CommandContext) {
    this._context = context;
    const { rows } = context.panel.browser;
    const { cut, copy } = rows;
    rows.cut = () => {
      this._keep(true);
      cut.call(rows);
    };
    rows.copy = () => {
      this._keep(false);
      copy.call(rows);
    };
    if (rows.hooks) {
      rows.hooks.paste = () => this.paste();
    }
  }

  /** Whether there is nothing to paste. */
  get isEmpty(): boolean {
    return this._kept.paths.length === 0;
  }

  /** Take the selection. */
  take(isCut: boolean): void {
    const { rows } = this._context.panel.browser;
    if (isCut) {
      rows.cut();
    } else {
      rows.copy();
    }
  }

  /** Bring what was taken into the folder that is shown. */
  async paste(): Promise<void> {
    const { paths, isCut } = this._kept;
    const { here } = this._context;
    if (!paths.length) {
      return;
    }
    if (isCut) {
      this._kept = { paths: [], isCut: false };
      await bring(this._context, paths, here, false);
    } else if (paths.every(path => isIn(path, here))) {
      await this._context.start({
        kind: 'copy',
        from: fromOf(paths),
        to: here,
        conflict: 'rename'
      });
    } else {
      await bring(this._context, paths, here, true);
    }
  }

  private _keep(isCut: boolean): void {
    const paths = this._context.selection.map(item => item.path);
    this._kept = { paths, isCut };
  }

  private _context: CommandContext;
  private _kept: IClipboard = { paths: [], isCut: false };
}

async function move(context: CommandContext): Promise<void> {
  const { trans, here } = context;
  const paths = context.selection.map(item => item.path);
  const { button, value } = await InputDialog.getText({
    title: trans._n(
      'Move %1 selected item',
      'Move %1 selected items',
      paths.length
    ),
    label: trans.__(
      'Into this folder of %1:',
      context.panel.current?.title ?? here.source
    ),
    text: here.path
  });
  if (button.accept && value) {
    const to = { source: here.source, path: '/' + trim(value) };
    await bring(context, paths, to, false);
  }
}

/** Whether a path lies directly in a folder. */
function isIn(path: string, folder: IPlace): boolean {
  const place = placeOf(path);
  return place.source === folder.source && parentOf(place.path) === folder.path;
}
