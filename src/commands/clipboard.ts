/** Paths and code for the clipboard. */

import { Clipboard, Notification } from '@jupyterlab/apputils';
import { codeIcon, copyIcon } from '@jupyterlab/ui-components';

import { placeOf } from '../paths';
import { snippet } from '../snippets';
import type { CommandContext, ICommand } from './context';

/** The commands that copy texts. */
export function clipboardCommands(context: CommandContext): ICommand[] {
  const { trans } = context;
  const tell = (message: string): void => {
    Notification.info(message, { autoClose: 2000 });
  };
  return [
    {
      id: 'ctadata:copy-path',
      label: trans.__('Copy Path'),
      icon: copyIcon,
      inPalette: true,
      isEnabled: () => context.selection.length > 0,
      execute: () => {
        Clipboard.copyToSystem(context.selected.paths.join('\n'));
        tell(trans.__('The path is in the clipboard.'));
      }
    },
    {
      id: 'ctadata:copy-code',
      label: trans.__('Copy Code for a Notebook'),
      icon: codeIcon,
      inPalette: true,
      isEnabled: () => context.selection.length > 0,
      execute: () => {
        Clipboard.copyToSystem(codeOf(context));
        tell(trans.__('The code is in the clipboard; paste it in a cell.'));
      }
    }
  ];
}

function codeOf(context: CommandContext): string {
  return context.selection
    .map(item => {
      const place = placeOf(item.path);
      const source = context.sources.find(place.source);
      return snippet(place, {
        isFolder: item.type === 'directory',
        isDev: source ? !source.production && source.twin !== null : false
      });
    })
    .join('\n');
}
