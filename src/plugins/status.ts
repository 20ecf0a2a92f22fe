import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ICtaPanel, ICtaTransfers } from '../tokens';
import type { CtaPanel } from '../widgets/panel';
import { StatusItem } from '../widgets/statusitem';

/** What is moving, in the status bar. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'ctadata_jlab:status',
  description: 'The running transfers in the status bar.',
  autoStart: true,
  requires: [ICtaTransfers, ICtaPanel],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    transfers: ICtaTransfers,
    panel: CtaPanel,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    const { jobs } = transfers;
    if (!statusBar) {
      return;
    }
    const item = new StatusItem({
      jobs,
      trans: (translator ?? nullTranslator).load('ctadata_jlab'),
      onClick: () => {
        panel.transfers.isOpen = true;
        app.shell.activateById(panel.id);
      }
    });
    statusBar.registerStatusItem('ctadata_jlab:status', {
      item,
      align: 'left',
      rank: 20
    });
  }
};
