/** Uploads: from the user's computer and from the workspace. */

import { InputDialog, Notification } from '@jupyterlab/apputils';
import { fileUploadIcon } from '@jupyterlab/ui-components';

import { folderUploadIcon, storageIcon } from '../icons';
import { parcelOfDrop, parcelOfFiles } from '../manifest';
import type { IDrop, IParcel } from '../manifest';
import { placeOf, trim, WORKSPACE } from '../paths';
import type { IPlace } from '../paths';
import { remoteOf } from '../toggle';
import type { CommandContext, ICommand } from './context';

/** The commands that upload. */
export function uploadCommands(context: CommandContext): ICommand[] {
  const { trans } = context;
  const mayUpload = (): boolean => context.mayUpload;
  return [
    {
      id: 'ctadata:upload',
      label: trans.__('Upload…'),
      caption: () => context.whyNot(),
      icon: fileUploadIcon,
      inPalette: true,
      isEnabled: mayUpload,
      execute: () => pick(context, false)
    },
    {
      id: 'ctadata:upload-folder',
      label: trans.__('Upload Folder…'),
      caption: () => context.whyNot(),
      icon: folderUploadIcon,
      inPalette: true,
      isEnabled: mayUpload,
      execute: () => pick(context, true)
    },
    {
      id: 'ctadata:upload-from-workspace',
      label: () =>
        trans.__('Copy to %1…', context.panel.current?.title ?? 'dCache'),
      icon: storageIcon,
      inPalette: true,
      // Nobody knows before the panel was shown.
      isVisible: () =>
        !context.sources.list.length ||
        remoteOf(context.sources.list).length > 0,
      isEnabled: () => workspaceSelection(context).length > 0,
      execute: () => askUpload(context, workspaceSelection(context))
    }
  ];
}

/** Send a parcel from the user's computer to a folder. */
export async function upload(
  context: CommandContext,
  parcel: IParcel,
  to: IPlace
): Promise<void> {
  if (!parcel.files.length && !parcel.folders.length) {
    return;
  }
  try {
    const { sent } = await context.uploader.upload(parcel, to);
    context.panel.transfers.isOpen = true;
    await sent;
  } catch (reason) {
    context.panel.tell(reason);
  }
}

/** Send what was dropped from the desktop. */
export async function uploadDrop(
  context: CommandContext,
  drop: IDrop,
  to: IPlace
): Promise<void> {
  const { options, trans } = context;
  if (!options.values.allowFileUploads) {
    Notification.warning(
      trans.__('Uploads from your computer are switched off in the settings.')
    );
    return;
  }
  try {
    await upload(context, await parcelOfDrop(drop), to);
  } catch (reason) {
    context.panel.tell(reason);
  }
}

/** Copy files of the workspace to a storage. */
export async function uploadFromWorkspace(
  context: CommandContext,
  paths: string[],
  to: IPlace
): Promise<void> {
  const { contents } = context.docManager.services;
  await context.start({
    kind: 'upload',
    from: {
      source: WORKSPACE,
      paths: paths.map(path => '/' + trim(contents.localPath(path)))
    },
    to,
    conflict: 'ask'
  });
}

function workspaceSelection(context: CommandContext): string[] {
  const items = context.defaultBrowser?.selectedItems() ?? [];
  return Array.from(items, item => item.path);
}

async function askUpload(
  context: CommandContext,
  paths: string[]
): Promise<void> {
  await context.panel.ready();
  const { trans, here } = context;
  const { button, value } = await InputDialog.getText({
    title: trans._n(
      'Copy %1 selected item',
      'Copy %1 selected items',
      paths.length
    ),
    label: trans.__('Into this folder (storage/path):'),
    text: trim(`${here.source}${here.path}`)
  });
  if (button.accept && value) {
    await uploadFromWorkspace(context, paths, placeOf(value));
  }
}

/** Have the user pick files, or a folder, of the own computer. */
function pick(context: CommandContext, isFolder: boolean): void {
  const to = context.here;
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = isFolder;
  input.className = 'ctadata-fileInput';
  input.hidden = true;
  input.addEventListener('change', () => {
    void upload(context, parcelOfFiles(input.files ?? []), to);
    input.remove();
  });
  input.addEventListener('cancel', () => input.remove());
  document.body.appendChild(input);
  input.click();
}
