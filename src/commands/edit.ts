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

import { lockIcon, moveIcon } from '../icons';
import { trim } from '../paths';
import { Board } from './board';
import { bring } from './bring';
import { readOnlyWords } from './context';
import type { CommandContext, ICommand } from './context';
import { confirmDelete } from './delete';

/** The commands that change. */
export function editCommands(context: CommandContext): ICommand[] {
  const { panel, trans } = context;
  const { browser } = panel;
  const board = new Board(context);
  const mayChange = (): boolean =>
    context.isWritable && context.selection.length > 0;
  const whyNot = (): string => context.whyNot();
  return [
    {
      // What the grey entries below it do not say.
      id: 'ctadata:read-only',
      label: () => readOnlyWords(panel.current?.title ?? '…', trans),
      icon: lockIcon,
      isVisible: () => whyNot() !== '',
      isEnabled: () => false,
      execute: () => undefined
    },
    {
      id: 'ctadata:new-folder',
      label: trans.__('New Folder'),
      caption: whyNot,
      icon: newFolderIcon,
      inPalette: true,
      isEnabled: () => context.isWritable,
      execute: () => {
        panel.model.endSearch(); // what is new is not among what was found
        return browser.createNewDirectory();
      }
    },
    {
      id: 'ctadata:new-file',
      label: trans.__('New File'),
      caption: whyNot,
      icon: fileIcon,
      inPalette: true,
      isEnabled: () => context.isWritable,
      execute: () => {
        panel.model.endSearch();
        return browser.createNewFile({ ext: 'txt' });
      }
    },
    {
      id: 'ctadata:rename',
      label: trans.__('Rename'),
      caption: whyNot,
      icon: editIcon,
      inPalette: true,
      isEnabled: () => context.isWritable && context.single !== null,
      execute: () => browser.rename()
    },
    {
      id: 'ctadata:move',
      label: trans.__('Move…'),
      caption: whyNot,
      icon: moveIcon,
      inPalette: true,
      isEnabled: mayChange,
      execute: () => move(context)
    },
    {
      id: 'ctadata:cut',
      label: trans.__('Cut'),
      caption: whyNot,
      icon: cutIcon,
      inPalette: true,
      isEnabled: mayChange,
      execute: () => board.take(true)
    },
    {
      id: 'ctadata:copy',
      label: trans.__('Copy'),
      icon: copyIcon,
      inPalette: true,
      isEnabled: () => context.selection.length > 0,
      execute: () => board.take(false)
    },
    {
      id: 'ctadata:paste',
      label: trans.__('Paste'),
      caption: whyNot,
      icon: pasteIcon,
      inPalette: true,
      isEnabled: () => context.isWritable && !board.isEmpty,
      execute: () => board.paste()
    },
    {
      id: 'ctadata:delete',
      label: trans.__('Delete…'),
      caption: () =>
        whyNot() ||
        trans.__('Delete permanently; there is no trash on remote storage'),
      icon: deleteIcon,
      inPalette: true,
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
    await bring(context, paths, to, 'move');
  }
}
