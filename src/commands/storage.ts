/** The storages themselves: add one, change one. */

import { Dialog, showDialog } from '@jupyterlab/apputils';

import { dialogs } from '../later';
import type { CommandContext, ICommand } from './context';

/** The commands that configure. */
export function storageCommands(context: CommandContext): ICommand[] {
  const { panel, sources, trans } = context;
  const isRemote = (): boolean => panel.current?.traits.local === false;
  return [
    {
      id: 'ctadata:add-source',
      label: trans.__('Add a Storage…'),
      inPalette: true,
      execute: () => edit(context)
    },
    {
      id: 'ctadata:edit-source',
      label: () => trans.__('Edit “%1”…', panel.current?.title ?? ''),
      isEnabled: isRemote,
      isVisible: isRemote,
      execute: () => edit(context, panel.current?.name)
    },
    {
      id: 'ctadata:remove-source',
      label: () => trans.__('Remove “%1”…', panel.current?.title ?? ''),
      isEnabled: isRemote,
      isVisible: isRemote,
      execute: async () => {
        const { current } = panel;
        const { button } = await showDialog({
          title: trans.__('Remove “%1”?', current?.title ?? ''),
          body: trans.__(
            'Its files stay where they are. What an administrator configures is there again.'
          ),
          buttons: [
            Dialog.cancelButton({ label: trans.__('Cancel') }),
            Dialog.warnButton({ label: trans.__('Remove') })
          ]
        });
        if (button.accept && current) {
          await sources.remove(current.name).catch(panel.tell.bind(panel));
          await panel.leave();
        }
      }
    }
  ];
}

async function edit(context: CommandContext, name?: string): Promise<void> {
  const { panel, sources, trans } = context;
  try {
    await panel.ready();
    const { editSource } = await dialogs();
    const saved = await editSource(sources, trans, name);
    if (saved) {
      context.activate();
      await panel.pick(saved);
    }
  } catch (reason) {
    panel.tell(reason);
  }
}
