/** Files on tape: have them brought to disk. */

import type { Contents } from '@jupyterlab/services';

import type { ICtaModel } from '../wire';
import type { CommandContext, ICommand } from './context';
import { fromOf } from './context';

/** The commands for files on tape; where nothing is brought from tape, they are not to be seen. */
export function tapeCommands(context: CommandContext): ICommand[] {
  const { trans } = context;
  return [
    {
      id: 'ctadata:stage',
      label: trans.__('Bring to Disk (Stage)'),
      caption: trans.__(
        'Have the storage bring files from tape to its disks, where they can be read'
      ),
      inPalette: true,
      isVisible: () => mayStage(context),
      isEnabled: () =>
        context.selection.some(
          item => item.type === 'directory' || isOnTape(item)
        ),
      execute: () => stage(context, context.selection)
    }
  ];
}

/** Whether a file is known to be on tape only. */
export function isOnTape(item: Contents.IModel): boolean {
  return (item as ICtaModel).ctadata?.online === false;
}

/** Whether the storage that is shown brings files from tape. */
export function mayStage(context: CommandContext): boolean {
  return context.panel.current?.traits.stages ?? false;
}

/** Have files, and what folders hold, brought to disk: a job that waits for them. */
export async function stage(
  context: CommandContext,
  items: readonly Contents.IModel[]
): Promise<void> {
  const from = fromOf(items.map(item => item.path));
  await context.start({ kind: 'stage', from });
}
