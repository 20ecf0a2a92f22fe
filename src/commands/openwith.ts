/** "Open With": the viewers and editors that JupyterLab has for the selected files. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { Menu } from '@lumino/widgets';

import type { CommandContext } from './context';
import { open } from './open';

/** The command that opens the selection with a certain factory. */
const OPEN_WITH = 'ctadata:open-with';

/** Of a factory what the menu needs. */
export type Viewer = Pick<DocumentRegistry.WidgetFactory, 'name' | 'label'>;

/** What opens files of all these names: the default of the first one comes first. */
export function viewersFor(
  registry: DocumentRegistry,
  names: readonly string[]
): Viewer[] {
  const [first, ...rest] = names.map(name =>
    registry.preferredWidgetFactories(name)
  );
  return (first ?? []).filter(viewer =>
    rest.every(viewers => viewers.some(({ name }) => name === viewer.name))
  );
}

/**
 * Add "Open With" to the menu of our files.
 *
 * #### Notes
 * JupyterLab's own is for rows that its other entries, wrong for remote files,
 * look for, too; and it knows nothing of files that are too large or on tape.
 */
export function addOpenWith(
  { commands, contextMenu }: JupyterFrontEnd,
  context: CommandContext
): void {
  const { docManager, trans } = context;
  commands.addCommand(OPEN_WITH, {
    label: args => (args.label as string | undefined) ?? trans.__('Open With'),
    describedBy: {
      args: {
        type: 'object',
        required: ['factory'],
        properties: {
          factory: { type: 'string' },
          label: { type: 'string' }
        }
      }
    },
    execute: ({ factory }) =>
      filesOf(context).forEach(
        item => void open(context, item, String(factory))
      )
  });
  const submenu = new Menu({ commands });
  submenu.title.label = trans.__('Open With');
  contextMenu.addItem({
    ...{ type: 'submenu', submenu, rank: 1.3 },
    selector: '.ctadata-Browser .jp-DirListing-item[data-ctadata-kind="file"]'
  });
  contextMenu.opened.connect(() => {
    submenu.clearItems();
    const names = filesOf(context).map(item => item.name);
    const viewers = viewersFor(docManager.registry, names);
    for (const { name: factory, label } of viewers) {
      submenu.addItem({
        command: OPEN_WITH,
        args: { factory, label: label ?? factory }
      });
    }
    const entry = contextMenu.menu.items.find(one => one.submenu === submenu);
    if (entry && !viewers.length) {
      contextMenu.menu.removeItem(entry); // the menu is filled anew each time
    }
  });
}

/** The selected files; the folders among them are opened by nothing of this. */
function filesOf(context: CommandContext): Contents.IModel[] {
  return context.selection.filter(item => item.type !== 'directory');
}
