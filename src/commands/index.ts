/** All commands, a file for each family. */

import type { ICommandPalette } from '@jupyterlab/apputils';
import type { CommandRegistry } from '@lumino/commands';

import { attachCommands } from './attach';
import { clipboardCommands } from './clipboard';
import type { CommandContext, ICommand } from './context';
import { downloadCommands } from './download';
import { editCommands } from './edit';
import { insertCommands } from './insert';
import { findCommands } from './find';
import { openCommands } from './open';
import { runCommands } from './run';
import { storageCommands } from './storage';
import { tapeCommands } from './tape';
import { uploadCommands } from './upload';

/** Add all commands to JupyterLab, and those for it to its palette. */
export function addCommands(
  registry: CommandRegistry,
  palette: ICommandPalette | null,
  context: CommandContext
): void {
  const all: ICommand[] = [
    ...openCommands(context),
    ...findCommands(context),
    ...storageCommands(context),
    ...downloadCommands(context),
    ...tapeCommands(context),
    ...uploadCommands(context),
    ...editCommands(context),
    ...clipboardCommands(context),
    ...insertCommands(context),
    ...attachCommands(context),
    ...runCommands(context)
  ];
  const category = context.trans.__('Remote storage');
  for (const { id, inPalette, execute, ...options } of all) {
    registry.addCommand(id, {
      ...options,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => execute()
    });
    if (inPalette) {
      palette?.addItem({ command: id, category });
    }
  }
}
