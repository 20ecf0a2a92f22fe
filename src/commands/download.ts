/** Downloads: to the workspace, to other local folders, to the user's computer. */

import { InputDialog } from '@jupyterlab/apputils';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { downloadIcon } from '@jupyterlab/ui-components';

import { computerIcon } from '../icons';
import { trim, WORKSPACE } from '../paths';
import type { IPlace } from '../paths';
import { localsOf } from '../toggle';
import type { CommandContext, ICommand } from './context';
import { fromOf } from './context';

/** The commands that download. */
export function downloadCommands(context: CommandContext): ICommand[] {
  const { trans } = context;
  const isSelected = (): boolean => context.selection.length > 0;
  return [
    {
      id: 'ctadata:download-here',
      label: () => {
        const folder = trim(workspaceFolder(context).path);
        const place = trans.__('workspace');
        return trans.__(
          'Copy to “%1”',
          [place, folder].filter(Boolean).join('/')
        );
      },
      caption: trans.__('Download into the folder of the file browser'),
      icon: downloadIcon,
      inPalette: true,
      isEnabled: isSelected,
      execute: () =>
        download(context, context.selection, workspaceFolder(context))
    },
    {
      id: 'ctadata:download-to-workspace',
      label: trans.__('Copy to Workspace…'),
      icon: downloadIcon,
      inPalette: true,
      isEnabled: isSelected,
      execute: () => downloadTo(context, context.selection)
    },
    {
      id: 'ctadata:download-to-computer',
      label: () =>
        context.single && isFile(context.single)
          ? trans.__('Download to My Computer')
          : trans.__('Download to My Computer as Zip'),
      icon: computerIcon,
      inPalette: true,
      isEnabled: isSelected,
      execute: () => downloadToComputer(context)
    }
  ];
}

/** The folder that the file browser shows. */
export function workspaceFolder(context: CommandContext): IPlace {
  const path = context.defaultBrowser?.model.path ?? '';
  const local = context.docManager.services.contents.localPath(path);
  return { source: WORKSPACE, path: '/' + trim(local) };
}

/** Ask where to, then download. */
export async function downloadTo(
  context: CommandContext,
  items: Contents.IModel[]
): Promise<void> {
  const target = await askTarget(context);
  if (target) {
    await download(context, items, target);
  }
}

/** Download files and folders into a local folder. */
export async function download(
  context: CommandContext,
  items: Pick<Contents.IModel, 'path'>[],
  to: IPlace
): Promise<void> {
  await context.start({
    kind: 'download',
    from: fromOf(items.map(item => item.path)),
    to,
    conflict: 'ask'
  });
}

/**
 * Save the selection on the user's computer, by the browser's own download.
 *
 * #### Notes
 * One file comes as it is; a folder, or several files, as one zip archive.
 */
export async function downloadToComputer(
  context: CommandContext,
  from = context.selected
): Promise<void> {
  try {
    const handle = await context.drive.handle(from.source, from.paths);
    const link = document.createElement('a');
    link.href = handle.url;
    link.download = handle.name;
    document.body.appendChild(link);
    link.click();
    link.remove();
  } catch (reason) {
    context.panel.tell(reason);
  }
}

async function askTarget(context: CommandContext): Promise<IPlace | null> {
  const { trans, sources } = context;
  const locals = localsOf(sources.list);
  let source = locals.find(local => local.name === WORKSPACE) ?? locals[0];
  if (locals.length > 1) {
    const { button, value } = await InputDialog.getItem({
      title: trans.__('Download to'),
      label: trans.__('Which place?'),
      items: locals.map(local => local.title),
      current: locals.indexOf(source)
    });
    if (!button.accept) {
      return null;
    }
    source = locals.find(local => local.title === value) ?? source;
  }
  return !source || source.name === WORKSPACE
    ? askWorkspace(context)
    : askPath(context, source.name, source.title, source.home);
}

async function askWorkspace(context: CommandContext): Promise<IPlace | null> {
  const { trans } = context;
  const { button, value } = await FileDialog.getExistingDirectory({
    manager: context.docManager,
    title: trans.__('Download into which folder?'),
    defaultPath: trim(workspaceFolder(context).path)
  });
  const folder = value?.[0];
  return button.accept && folder
    ? { source: WORKSPACE, path: '/' + trim(folder.path) }
    : null;
}

async function askPath(
  context: CommandContext,
  source: string,
  title: string,
  home: string
): Promise<IPlace | null> {
  const { trans } = context;
  const { button, value } = await InputDialog.getText({
    title: trans.__('Download to %1', title),
    label: trans.__('Folder (made if it is not there):'),
    text: home || '/'
  });
  return button.accept && value !== null
    ? { source, path: '/' + trim(value) }
    : null;
}

function isFile(item: Contents.IModel): boolean {
  return item.type !== 'directory';
}
