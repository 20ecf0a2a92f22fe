import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { Options } from '../options';
import { ICtaOptions } from '../tokens';

/** Where JupyterLab keeps the settings of its own file browser. */
const FILE_BROWSER = '@jupyterlab/filebrowser-extension:browser';

/** The user's settings; without a registry their defaults. */
export const settingsPlugin: JupyterFrontEndPlugin<Options> = {
  id: 'ctadata_jlab:plugin',
  description: 'The settings of the panel with remote storage.',
  autoStart: true,
  optional: [ISettingRegistry],
  provides: ICtaOptions,
  activate: (
    app: JupyterFrontEnd,
    registry: ISettingRegistry | null
  ): Options => {
    const options = new Options();
    const theirs = registry?.load(FILE_BROWSER).catch(() => null) ?? null;
    Promise.all([registry?.load(settingsPlugin.id), theirs])
      .then(([ours, other]) => ours && options.follow(ours, other))
      .catch(reason => {
        console.warn('The settings of ctadata_jlab cannot be read.', reason);
      });
    return options;
  }
};
