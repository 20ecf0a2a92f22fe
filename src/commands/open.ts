/** Opening, refreshing, looking closer. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import {
  fileIcon,
  infoIcon,
  listIcon,
  refreshIcon
} from '@jupyterlab/ui-components';

import { bytes } from '../format';
import { storageIcon } from '../icons';
import { dialogs } from '../later';
import { hasStructure } from '../preview';
import { twinOf } from '../toggle';
import type { CommandContext, ICommand } from './context';
import { details } from './details';
import { downloadTo } from './download';
import { showBeginning, showStructure } from './preview';

/** The commands that open and show. */
export function openCommands(context: CommandContext): ICommand[] {
  const { panel, trans } = context;
  const login = async (source = panel.current): Promise<void> => {
    const { askLogin } = await dialogs();
    if (source && (await askLogin(context.sources, source.name, trans))) {
      await panel.reload();
    }
  };
  panel.onLogin = source => void login(source);
  const twin = () => twinOf(context.sources.list, context.here.source);
  return [
    {
      id: 'ctadata:show',
      label: trans.__('Show Remote Storage'),
      icon: storageIcon,
      inPalette: true,
      execute: context.activate
    },
    {
      id: 'ctadata:open',
      label: trans.__('Open'),
      icon: fileIcon,
      isEnabled: () => context.selection.length > 0,
      execute: () => context.selection.forEach(item => open(context, item))
    },
    {
      id: 'ctadata:preview',
      label: () =>
        hasStructure(context.single?.name ?? '')
          ? trans.__('Show Structure')
          : trans.__('Show the Beginning'),
      caption: trans.__('Look into the file without downloading it'),
      icon: listIcon,
      inPalette: true,
      isEnabled: () =>
        context.single !== null && context.single.type !== 'directory',
      execute: () => {
        const item = context.single;
        if (item && hasStructure(item.name)) {
          return showStructure(context, item);
        }
        if (item) {
          return showBeginning(context, item);
        }
        return undefined;
      }
    },
    {
      id: 'ctadata:details',
      label: trans.__('Details'),
      icon: infoIcon,
      inPalette: true,
      isEnabled: () => context.single !== null,
      execute: () => details(context)
    },
    {
      id: 'ctadata:refresh',
      label: trans.__('Refresh'),
      caption: trans.__('Ask the storage again'),
      icon: refreshIcon,
      inPalette: true,
      execute: () => panel.reload()
    },
    {
      // JupyterLab's own "Go up" knows the default drive only.
      id: 'ctadata:go-up',
      label: trans.__('Go Up'),
      inPalette: true,
      execute: () => panel.browser.goUp()
    },
    {
      id: 'ctadata:toggle-twin',
      label: () => trans.__('Switch to %1', twin()?.title ?? '…'),
      inPalette: true,
      isEnabled: () => twin() !== null,
      execute: () => panel.switchTo(twin()?.name ?? context.here.source)
    },
    {
      id: 'ctadata:login',
      label: trans.__('Login…'),
      inPalette: true,
      isEnabled: () => panel.current !== undefined,
      execute: login
    }
  ];
}

/** Open a file in an editor; show what is in one that none can open, or offer what else can be done. */
export async function open(
  context: CommandContext,
  item: Contents.IModel
): Promise<void> {
  if (item.type === 'directory') {
    await context.panel.model.cd(item.path);
  } else if (hasStructure(item.name)) {
    await showStructure(context, item);
  } else if ((item.size ?? 0) <= context.drive.openLimit) {
    context.docManager.openOrReveal(item.path);
  } else {
    await offerInstead(context, item);
  }
}

/** Say that a file is too large to open, and offer its beginning, a download, or code. */
async function offerInstead(
  context: CommandContext,
  item: Contents.IModel
): Promise<void> {
  const { trans } = context;
  const button = (label: string, actions: string[]): Dialog.IButton =>
    Dialog.createButton({ label, actions, accept: true });
  const answer = await showDialog({
    title: trans.__('Too large to open'),
    body: trans.__(
      '“%1” has %2; at most %3 are opened here.',
      item.name,
      bytes(item.size),
      bytes(context.drive.openLimit)
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      button(trans.__('Show the Beginning'), ['beginning']),
      button(trans.__('Copy to Workspace…'), ['download'])
    ]
  });
  const [action] = answer.button.actions;
  if (answer.button.accept && action === 'beginning') {
    await showBeginning(context, item);
  } else if (answer.button.accept) {
    await downloadTo(context, [item]);
  }
}
