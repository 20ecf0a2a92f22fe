/** Finding: filter, places, paths. */

import { InputDialog } from '@jupyterlab/apputils';

import { isOurs, localOf, parentOf } from '../paths';
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
      id: 'ctadata:reveal',
      label: trans.__('Show in Its Folder'),
      caption: trans.__(
        'Close the results and go to the folder that holds this'
      ),
      inPalette: true,
      isVisible: () => panel.model.search !== null,
      isEnabled: () => context.single !== null,
      execute: async () => {
        if (context.single) {
          await panel.model.reveal(context.single);
        }
      }
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

/** Go to the folder of the remote document that comes to the front, if the user wants that. */
export function followDocument(context: CommandContext): void {
  const { panel, options, docManager, current } = context;
  const path = current && docManager.contextForWidget(current)?.path;
  const isWanted = options.values.navigateToCurrentDirectory && panel.isVisible;
  if (isWanted && path && isOurs(path)) {
    void panel.model.cd(parentOf(localOf(path)));
  }
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
