/** Finding: filter, places, paths. */

import { InputDialog } from '@jupyterlab/apputils';

import type { CommandContext, ICommand } from './context';

/** The commands that find. */
export function findCommands(context: CommandContext): ICommand[] {
  const { panel, options, trans } = context;
  return [
    {
      id: 'ctadata:filter',
      label: trans.__('Filter Names'),
      inPalette: true,
      execute: () => {
        context.activate();
        panel.browser.focusFilter();
      }
    },
    {
      id: 'ctadata:go-to',
      label: trans.__('Go to Path…'),
      inPalette: true,
      execute: () => askPath(context)
    },
    {
      id: 'ctadata:go-home',
      label: trans.__('Go to My Folder'),
      inPalette: true,
      execute: () => {
        context.activate();
        return panel.goHome();
      }
    },
    {
      id: 'ctadata:bookmark',
      label: () =>
        panel.places.has(context.here)
          ? trans.__('Remove the Bookmark of This Folder')
          : trans.__('Bookmark This Folder'),
      inPalette: true,
      execute: () => panel.places.toggle(context.here)
    },
    {
      id: 'ctadata:tree',
      label: () =>
        options.values.treeMode
          ? trans.__('Show One Folder')
          : trans.__('Show Folders as a Tree'),
      inPalette: true,
      execute: () => options.set('treeMode', !options.values.treeMode)
    }
  ];
}

async function askPath(context: CommandContext): Promise<void> {
  const { trans, panel } = context;
  const { button, value } = await InputDialog.getText({
    title: trans.__('Go to Path'),
    label: trans.__('A path, a /pnfs path, or the URL of a door:'),
    okLabel: trans.__('Go'),
    cancelLabel: trans.__('Cancel')
  });
  if (button.accept && value?.trim()) {
    context.activate();
    await panel.ready();
    await panel.model.goTo(value);
  }
}
