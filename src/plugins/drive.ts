import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { CtaDrive } from '../drive';
import { WholePaths } from '../kernels';
import { SourcesModel } from '../sources';
import { ICtaOptions, ICtaStorage } from '../tokens';
import type { Options } from '../options';

/** The drive, so that JupyterLab opens and saves remote files. */
export const drivePlugin: JupyterFrontEndPlugin<ICtaStorage> = {
  id: 'ctadata_jlab:drive',
  description: 'A drive of remote storages, and how their logins stand.',
  autoStart: true,
  requires: [ICtaOptions],
  provides: ICtaStorage,
  activate: (app: JupyterFrontEnd, options: Options): ICtaStorage => {
    const { contents, events, serverSettings } = app.serviceManager;
    const sources = new SourcesModel({
      serverSettings,
      stream: events.stream
    });
    const drive = new CtaDrive({
      serverSettings,
      isWritable: name => sources.find(name)?.traits.writable ?? true
    });
    const limit = (): void => {
      drive.openLimit = options.values.openLimit * 1024 * 1024;
    };
    options.changed.connect(limit);
    limit();
    contents.addDrive(drive);
    app.docRegistry.addWidgetExtension('Notebook', new WholePaths());
    return { drive, sources };
  }
};
