/** Looking into files that are not opened. */

import { MainAreaWidget } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import type { Widget } from '@lumino/widgets';

import { storageIcon } from '../icons';
import { placeOf } from '../paths';
import { BeginningPreview, StructurePreview } from '../widgets/preview';
import type { IPreviewProps } from '../widgets/preview';
import type { CommandContext } from './context';

/** Show the structure of an HDF5 or FITS file in the main area. */
export function showStructure(
  context: CommandContext,
  item: Contents.IModel
): void {
  show(context, item, 'structure', props => new StructurePreview(props));
}

/** Show the beginning of a file in the main area. */
export function showBeginning(
  context: CommandContext,
  item: Contents.IModel
): void {
  show(context, item, 'beginning', props => new BeginningPreview(props));
}

/** Show a preview; one that is open already is shown again. */
function show(
  context: CommandContext,
  item: Contents.IModel,
  kind: string,
  make: (props: IPreviewProps) => Widget
): void {
  const id = `ctadata-preview-${kind}-${encodeURIComponent(item.path)}`;
  const there = Array.from(context.documents()).find(one => one.id === id);
  if (there) {
    context.reveal(there);
    return;
  }
  const content = make({
    place: placeOf(item.path),
    size: item.size ?? null,
    settings: context.drive.serverSettings,
    trans: context.trans
  });
  const widget = new MainAreaWidget({ content });
  widget.id = id;
  widget.title.label = item.name;
  widget.title.caption = item.path;
  widget.title.icon = storageIcon;
  widget.title.closable = true;
  context.reveal(widget);
}
