import { ILayoutRestorer } from '@jupyterlab/application';
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { confirmAnswer } from '../commands/replace';
import { CtaModel } from '../model';
import type { JobsModel } from '../jobs';
import { dialogs } from '../later';
import type { Options } from '../options';
import { globalOf } from '../paths';
import { asServerError } from '../request';
import { ICtaOptions, ICtaPanel, ICtaStorage, ICtaTransfers } from '../tokens';
import type { IJob } from '../wire';
import { CtaBrowser } from '../widgets/browser';
import { CtaPanel } from '../widgets/panel';

/** The panel in the sidebar. */
export const browserPlugin: JupyterFrontEndPlugin<CtaPanel> = {
  id: 'ctadata_jlab:browser',
  description: 'The panel with remote storage.',
  autoStart: true,
  requires: [
    ICtaStorage,
    ICtaTransfers,
    ICtaOptions,
    IDocumentManager,
    IFileBrowserFactory
  ],
  optional: [ILayoutRestorer, IStateDB, ITranslator],
  provides: ICtaPanel,
  activate: (
    app: JupyterFrontEnd,
    storage: ICtaStorage,
    transfers: ICtaTransfers,
    options: Options,
    manager: IDocumentManager,
    factory: IFileBrowserFactory,
    restorer: ILayoutRestorer | null,
    state: IStateDB | null,
    translator: ITranslator | null
  ): CtaPanel => {
    const parts = { storage, transfers, options, manager, state };
    const panel = build(parts, translator ?? nullTranslator);
    void factory.tracker.add(panel.browser);
    dock(app, panel, options);
    restorer?.add(panel, 'ctadata-panel');
    void app.restored.then(() => panel.start());
    return panel;
  }
};

/** What the panel is built from. */
interface IParts {
  storage: ICtaStorage;
  transfers: ICtaTransfers;
  options: Options;
  manager: IDocumentManager;
  state: IStateDB | null;
}

function build(parts: IParts, translator: ITranslator): CtaPanel {
  const { storage, transfers, options, manager, state } = parts;
  const { drive, sources } = storage;
  const { jobs, queue, uploader } = transfers;
  const trans = translator.load('ctadata_jlab');
  const model = new CtaModel({
    manager,
    drive,
    sources,
    uploader,
    translator,
    filterDirectories: true
  });
  const browser = new CtaBrowser({
    id: 'ctadata-browser',
    model,
    sources,
    translator,
    state: state ?? undefined
  });
  return new CtaPanel({
    browser,
    sources,
    jobs,
    queue,
    options,
    state,
    trans,
    language: translator.languageCode,
    isFolder: async place => (await drive.kindOf(globalOf(place))) === 'folder',
    mayAnswer: (job, answer) => confirmAnswer(job, answer, sources, trans),
    onJobDetails: job => void tellJob(job, jobs, trans)
  });
}

/** Show a transfer in a dialog. */
async function tellJob(
  job: IJob,
  jobs: JobsModel,
  trans: TranslationBundle
): Promise<void> {
  const failures = await jobs.failures(job.id).catch(() => ({ items: [] }));
  const tools = {
    log: () => jobs.log(job.id),
    limit: (limit: number | null) => {
      jobs.limit(job.id, limit).catch(reason => {
        Notification.error(asServerError(reason).message);
      });
    }
  };
  const { showJob } = await dialogs();
  const now = jobs.find(job.id) ?? job;
  await showJob(now, failures.items, tools, trans);
}

/**
 * Put the panel on the side that the user wants.
 *
 * #### Notes
 * JupyterLab restores the panel where it was, so the setting comes after that.
 */
function dock(app: JupyterFrontEnd, panel: CtaPanel, options: Options): void {
  const { shell } = app;
  const place = (): void => {
    const { side } = options.values;
    if (!Array.from(shell.widgets(side)).includes(panel)) {
      const wasVisible = panel.isVisible;
      shell.add(panel, side, { rank: 101, type: 'Remote storage' });
      if (wasVisible) {
        shell.activateById(panel.id);
      }
    }
  };
  place();
  options.changed.connect(() => void app.restored.then(place));
  void Promise.all([options.known, app.restored]).then(() => {
    place();
    if (options.values.openAtStart) {
      shell.activateById(panel.id);
    }
  });
}
