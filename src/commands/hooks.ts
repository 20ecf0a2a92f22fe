/** What keys, drops and ended transfers do. */

import { isOurs, trim, WORKSPACE } from '../paths';
import type { IPlace } from '../paths';
import type { IListingHooks } from '../widgets/listing';
import { acceptOurs } from '../widgets/dragdrop';
import type { CommandContext } from './context';
import { download, downloadToComputer } from './download';
import { bring, duplicate, remove } from './edit';
import { open } from './open';
import { uploadDrop, uploadFromWorkspace } from './upload';

/** What the listing's keys and drops do; the file browser takes our files from now on. */
export function hooksOf(context: CommandContext): IListingHooks {
  connectWorkspace(context);
  return {
    open: item => void open(context, item),
    delete: () => remove(context),
    duplicate: () => duplicate(context),
    download: () => downloadToComputer(context),
    paste: () => Promise.resolve(),
    dropFiles: (drop, folder) => void uploadDrop(context, drop, folder),
    dropPaths: (paths, folder, isCopy) =>
      void dropPaths(context, paths, folder, isCopy)
  };
}

/** Bring dragged files: our own move, those of the workspace are uploaded. */
async function dropPaths(
  context: CommandContext,
  paths: string[],
  folder: IPlace,
  isCopy: boolean
): Promise<void> {
  const ours = paths.filter(isOurs);
  const others = paths.filter(path => !isOurs(path));
  const { contents } = context.docManager.services;
  if (ours.length) {
    await bring(context, ours, folder, isCopy);
  }
  if (others.some(path => contents.driveName(path))) {
    return; // another extension's drive: the server does not know it
  }
  if (others.length) {
    await uploadFromWorkspace(context, others, folder);
  }
}

/** The file browser takes our files, and shows what transfers brought. */
function connectWorkspace(context: CommandContext): void {
  const { defaultBrowser, jobs } = context;
  if (!defaultBrowser) {
    return;
  }
  const { contents } = context.docManager.services;
  const drop = acceptOurs(defaultBrowser, (paths, folder) => {
    const items = paths.map(path => ({ path }));
    const to = {
      source: WORKSPACE,
      path: '/' + trim(contents.localPath(folder))
    };
    void download(context, items, to);
  });
  defaultBrowser.disposed.connect(() => drop.dispose());
  jobs.ended.connect((_, job) => {
    if (job.to?.source === WORKSPACE) {
      void defaultBrowser.model.refresh();
    }
  });
}
