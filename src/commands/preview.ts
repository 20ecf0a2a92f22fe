/** Looking into files that are not opened. */

import type { ILayoutRestorer } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import type { CommandRegistry } from '@lumino/commands';

import { storageIcon } from '../icons';
import { dialogs } from '../later';
import { nameOf, placeOf } from '../paths';
import type { IPreviewed, Preview } from '../widgets/preview';
import type { CommandContext } from './context';

/** The command that opens a preview again after a reload. */
const AGAIN = 'ctadata:show-preview';

/** The previews that are open. */
export type Previews = WidgetTracker<MainAreaWidget<Preview>>;

/** A list of previews, none of which is open yet. */
export function newPreviews(): Previews {
  return new WidgetTracker({ namespace: 'ctadata-preview' });
}

/** Show the structure of an HDF5 or FITS file in the main area. */
export function showStructure(
  context: CommandContext,
  item: Contents.IModel
): Promise<void> {
  const { path, size } = item;
  return show(context, { path, size: size ?? null, look: 'structure' });
}

/** Show the beginning of a file in the main area. */
export function showBeginning(
  context: CommandContext,
  item: Contents.IModel
): Promise<void> {
  const { path, size } = item;
  return show(context, { path, size: size ?? null, look: 'beginning' });
}

/** Have the previews that were open come back with JupyterLab's layout. */
export function restorePreviews(
  commands: CommandRegistry,
  context: CommandContext,
  restorer: ILayoutRestorer | null
): void {
  commands.addCommand(AGAIN, {
    label: context.trans.__('Show a Preview'),
    describedBy: {
      args: {
        type: 'object',
        required: ['path', 'look'],
        properties: {
          path: { type: 'string' },
          size: { type: ['number', 'null'] },
          look: { type: 'string', enum: ['structure', 'beginning'] }
        }
      }
    },
    execute: args => show(context, args as unknown as IPreviewed)
  });
  void restorer?.restore(context.previews, {
    command: AGAIN,
    args: ({ content }) => ({ ...content.previewed }),
    name: ({ content }) => `${content.previewed.look}:${content.previewed.path}`
  });
}

/** Show a preview; one that is open already is shown again. */
async function show(
  context: CommandContext,
  previewed: IPreviewed
): Promise<void> {
  const { path, look } = previewed;
  const id = `ctadata-preview-${look}-${encodeURIComponent(path)}`;
  const isIt = (one: { id: string }): boolean => one.id === id;
  const { Preview } = await dialogs(); // first: meanwhile another may be opened
  const there = context.previews.find(isIt);
  if (there) {
    context.reveal(there);
    return;
  }
  const content = new Preview(previewed, {
    place: placeOf(path),
    size: previewed.size,
    settings: context.drive.serverSettings,
    trans: context.trans
  });
  const widget = new MainAreaWidget({ content });
  widget.id = id;
  widget.title.label = nameOf(placeOf(path).path);
  widget.title.caption = path;
  widget.title.icon = storageIcon;
  widget.title.closable = true;
  void context.previews.add(widget);
  context.reveal(widget);
}
