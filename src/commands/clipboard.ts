/** Paths for the clipboard. */

import { Clipboard, Notification } from '@jupyterlab/apputils';
import { copyIcon } from '@jupyterlab/ui-components';

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
    }
  ];
}
