/** Opening, refreshing, looking closer. */

import type { Contents } from '@jupyterlab/services';
import {
  fileIcon,
  infoIcon,
  listIcon,
  refreshIcon
} from '@jupyterlab/ui-components';

import { storageIcon } from '../icons';
import { dialogs } from '../later';
import { hasStructure } from '../preview';
import { twinOf } from '../toggle';
import type { CommandContext, ICommand } from './context';
import { details } from './details';
import { offerInsteadOfLarge, offerInsteadOfTape } from './instead';
import { showBeginning, showStructure } from './preview';
import { isOnTape } from './tape';

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
        if (!item) {
          return undefined;
        }
        if (isOnTape(item)) {
          return offerInsteadOfTape(context, item);
        }
        return hasStructure(item.name)
          ? showStructure(context, item)
          : showBeginning(context, item);
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

/**
 * Open a file as JupyterLab's own browser does, in the user's default viewer or in one that was chosen.
 *
 * #### Notes
 * What no viewer can open shows its structure; what is too large or on tape
 * opens not at all, and what else can be done is offered.
 */
export async function open(
  context: CommandContext,
  item: Contents.IModel,
  factory?: string
): Promise<void> {
  if (item.type === 'directory') {
    await context.panel.model.cd(item.path);
  } else if (isOnTape(item)) {
    await offerInsteadOfTape(context, item);
  } else if (!factory && hasStructure(item.name)) {
    await showStructure(context, item);
  } else if ((item.size ?? 0) <= context.drive.openLimit) {
    context.docManager.openOrReveal(item.path, factory);
  } else {
    await offerInsteadOfLarge(context, item);
  }
}
