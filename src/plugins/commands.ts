import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { addCommands } from '../commands';
import { CommandContext } from '../commands/context';
import { followDocument } from '../commands/find';
import { hooksOf } from '../commands/hooks';
import { addOpenWith } from '../commands/openwith';
import { newPreviews, restorePreviews } from '../commands/preview';
import { NotebookHandles } from '../handles';
import type { Options } from '../options';
import { ICtaOptions, ICtaPanel, ICtaStorage, ICtaTransfers } from '../tokens';
import type { CtaPanel } from '../widgets/panel';

/** The commands, their palette entries, and what drops and keys do. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'ctadata_jlab:commands',
  description: 'The commands of the panel with remote storage.',
  autoStart: true,
  requires: [
    ICtaPanel,
    ICtaStorage,
    ICtaTransfers,
    ICtaOptions,
    IDocumentManager
  ],
  optional: [
    IDefaultFileBrowser,
    ICommandPalette,
    ITranslator,
    ILayoutRestorer
  ],
  activate: (
    app: JupyterFrontEnd,
    panel: CtaPanel,
    storage: ICtaStorage,
    transfers: ICtaTransfers,
    options: Options,
    docManager: IDocumentManager,
    defaultBrowser: FileBrowser | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('ctadata_jlab');
    const context = new CommandContext({
      ...{ ...storage, ...transfers, panel, options, docManager, trans },
      defaultBrowser,
      handles: handlesOf(app, trans),
      activate: () => app.shell.activateById(panel.id),
      documents: () => app.shell.widgets('main'),
      previews: newPreviews(),
      reveal: widget => {
        if (!widget.isAttached) {
          app.shell.add(widget, 'main');
        }
        app.shell.activateById(widget.id);
      },
      currentDocument: () => app.shell.currentWidget
    });
    panel.browser.rows.hooks = hooksOf(context);
    panel.onMenu = item => void app.commands.execute(`ctadata:${item}`);
    addCommands(app.commands, palette, context);
    addOpenWith(app, context);
    restorePreviews(app.commands, context, restorer);
    app.shell.currentChanged?.connect(() => followDocument(context));
    onePaste(app);
  }
};

/** Look after what notebooks have attached. */
function handlesOf(
  app: JupyterFrontEnd,
  trans: TranslationBundle
): NotebookHandles {
  const handles = new NotebookHandles(problem => {
    Notification.warning(
      trans.__(
        'The kernel did not take the remote files of its notebook: %1. It needs Python with ctadata_jlab.',
        problem
      )
    );
  });
  app.docRegistry.addWidgetExtension('Notebook', handles);
  return handles;
}

/**
 * Where our Paste is in the context menu, JupyterLab's, which is never grey, is not.
 *
 * #### Notes
 * It has to be taken out before the menu opens: a change closes an open menu.
 */
function onePaste({ contextMenu: { menu } }: JupyterFrontEnd): void {
  const { open } = menu;
  const find = (command: string) =>
    menu.items.find(item => item.command === command);
  menu.open = (...args) => {
    const other = find('filebrowser:paste');
    if (other && find('ctadata:paste')) {
      menu.removeItem(other);
    }
    open.apply(menu, args);
  };
}
