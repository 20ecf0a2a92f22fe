import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';

import { Options } from '../options';

function settings(user: object): ISettingRegistry.ISettings {
  const made = { user, composite: user } as Record<string, unknown>;
  made.changed = new Signal(made);
  return made as unknown as ISettingRegistry.ISettings;
}

describe('Options', () => {
  it('should take what is set for JupyterLab’s file browser, unless it is set here', () => {
    const options = new Options();
    const crumbs = { minimumLeftItems: 2, minimumRightItems: 3 };
    options.follow(
      settings({ allowFileUploads: true }),
      settings({
        allowFileUploads: false,
        breadcrumbs: crumbs,
        navigateToCurrentDirectory: true
      })
    );
    expect(options.values).toMatchObject({
      allowFileUploads: true,
      breadcrumbs: crumbs,
      navigateToCurrentDirectory: true
    });
  });

  it('should not take a value of another kind, nor a key that is not shared', () => {
    const options = new Options();
    options.follow(
      settings({}),
      settings({ breadcrumbs: true, showHiddenFiles: 'yes', side: 'right' })
    );
    expect(options.values).toMatchObject({
      breadcrumbs: { minimumLeftItems: 1, minimumRightItems: 2 },
      showHiddenFiles: false,
      side: 'left'
    });
  });
});
