import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { JobsModel } from '../jobs';
import type { Options } from '../options';
import { QueueModel } from '../queue';
import { ICtaOptions, ICtaTransfers } from '../tokens';
import { Uploader } from '../upload';
import type { IJob } from '../wire';
import { endOf } from '../words';

/** The queue of transfers, and the notifications of their ends. */
export const transfersPlugin: JupyterFrontEndPlugin<ICtaTransfers> = {
  id: 'ctadata_jlab:transfers',
  description: 'The queue of transfers, and uploads from the browser.',
  autoStart: true,
  requires: [ICtaOptions],
  optional: [ITranslator],
  provides: ICtaTransfers,
  activate: (
    app: JupyterFrontEnd,
    options: Options,
    translator: ITranslator | null
  ): ICtaTransfers => {
    const trans = (translator ?? nullTranslator).load('ctadata_jlab');
    const { events, serverSettings } = app.serviceManager;
    const jobs = new JobsModel({ serverSettings, stream: events.stream });
    const queue = new QueueModel(serverSettings);
    const uploader = new Uploader({ jobs, serverSettings });
    jobs.ended.connect((_, job) => {
      if (options.values.notifyOnEnd && job.state !== 'cancelled') {
        tell(job, trans);
      }
    });
    return { jobs, queue, uploader };
  }
};

function tell(job: IJob, trans: TranslationBundle): void {
  const text = endOf(job, trans);
  if (job.state === 'failed') {
    Notification.error(text, { autoClose: false });
  } else if (job.files_failed) {
    Notification.warning(text, { autoClose: false });
  } else {
    Notification.success(text, { autoClose: 4000 });
  }
}
