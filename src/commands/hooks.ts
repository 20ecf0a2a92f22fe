/** What keys, drops and ended transfers do. */

import { isOurs, localOf, trim, WORKSPACE } from '../paths';
import type { IPlace } from '../paths';
import { remoteOf } from '../toggle';
import type { IListingHooks } from '../widgets/listing';
import {
  crumbAt,
  folderAt,
  isCopy,
  markNativeDrops,
  springOpen,
  takeDrags
} from '../widgets/dragdrop';
import { DRAG_SOURCE, showDragSources } from '../widgets/dragsources';
import { addGrip } from '../widgets/grip';
import { bring } from './bring';
import type { CommandContext } from './context';
import { fromOf } from './context';
import { download, downloadToComputer } from './download';
import { duplicate, remove } from './edit';
import { takeDropsOnNotebooks } from './insert';
import { open } from './open';
import { uploadDrop, uploadFromWorkspace } from './upload';

/** What the listing's keys and drops do; the file browser takes our files from now on. */
export function hooksOf(context: CommandContext): IListingHooks {
  connectWorkspace(context);
  connectPanel(context);
  takeDropsOnNotebooks(context);
  return {
    open: item => void open(context, item),
    isReadOnly: folder => context.whyNot(folder) !== '',
    mayChange: () => context.mayChange(),
    delete: () => remove(context),
    duplicate: () => duplicate(context),
    download: () => downloadToComputer(context),
    paste: () => Promise.resolve(),
    dropFiles: (drop, folder) => {
      if (context.mayChange(folder)) {
        void uploadDrop(context, drop, folder);
      }
    },
    dropPaths: (paths, folder, isCopy) =>
      void dropPaths(context, paths, folder, isCopy)
  };
}

/** Bring dragged files: within a source they move, from elsewhere they are copied. */
async function dropPaths(
  context: CommandContext,
  paths: string[],
  folder: IPlace,
  isCopy: boolean
): Promise<void> {
  if (!context.mayChange(folder)) {
    return;
  }
  const ours = paths.filter(isOurs);
  const others = paths.filter(path => !isOurs(path));
  const { contents } = context.docManager.services;
  if (ours.length) {
    await bring(context, ours, folder, isCopy ? 'copy' : 'drop');
  }
  if (others.some(path => contents.driveName(path))) {
    return; // another extension's drive: the server does not know it
  }
  if (others.length) {
    await uploadFromWorkspace(context, others, folder);
  }
}

/** Our crumbs take files; what a drag rests on opens; the desktop takes files by the grip. */
function connectPanel(context: CommandContext): void {
  const { browser, node, model } = context.panel;
  const { contentNode } = browser.rows;
  takeDrags(node, event => {
    const source = dragSourceAt(context, event);
    const crumb = crumbAt(browser, event);
    const place = source
      ? { source: source.name, path: source.home || '/' }
      : crumb && model.resolve('/' + trim(crumb.path));
    const at = source?.node ?? crumb?.node;
    return at && place
      ? {
          node: at,
          drop: (paths, drop) =>
            void dropPaths(context, paths, place, isCopy(drop))
        }
      : null;
  });
  springOpen(node, event => {
    const at = event.target as Element;
    const side = at.closest<HTMLElement>('.ctadata-Toggle-side[data-source]');
    const source = side?.dataset.source ?? '';
    if (side && source !== context.here.source) {
      return { node: side, open: () => void context.panel.switchTo(source) };
    }
    const picker = at.closest('.ctadata-Picker');
    if (picker) {
      const remote = remoteOf(context.sources.list);
      return {
        node: picker,
        open: () => showDragSources(node, picker, remote)
      };
    }
    const other = dragSourceAt(context, event);
    if (other) {
      return { ...other, open: () => void context.panel.pick(other.name) };
    }
    const found = folderAt(browser, event);
    return found && found.node !== contentNode
      ? {
          node: found.node,
          open: () => void model.cd('/' + localOf(found.path))
        }
      : null;
  });
  markNativeDrops(contentNode, row => row.dataset.ctadataKind === 'folder');
  addGrip(contentNode, {
    title: context.trans.__(
      'Drag to your desktop (Chrome, Edge), or click to download'
    ),
    held: row => {
      const { source, paths } = grippedOf(context, row);
      return [source, ...paths].join('\n');
    },
    handle: row => {
      const { source, paths } = grippedOf(context, row);
      return context.drive.handle(source, paths);
    },
    save: row => void downloadToComputer(context, grippedOf(context, row)),
    fail: reason => context.panel.tell(reason)
  });
}

/** The storage that a drag is over, in the list that a rest on the picker opened. */
function dragSourceAt(
  context: CommandContext,
  event: Event
): { node: Element; name: string; home: string } | null {
  const node = (event.target as Element).closest<HTMLElement>(
    `.${DRAG_SOURCE}`
  );
  const source = node && context.sources.find(node.dataset.source ?? '');
  return source ? { node, name: source.name, home: source.home } : null;
}

/** What the grip of a row takes: the selection if the row is in it, else the row. */
function grippedOf(
  context: CommandContext,
  row: HTMLElement
): { source: string; paths: string[] } {
  const isSelected = row.classList.contains('jp-mod-selected');
  return isSelected
    ? context.selected
    : fromOf([row.dataset.ctadataPath ?? '']);
}

/** The file browser takes our files, and shows what transfers brought. */
function connectWorkspace(context: CommandContext): void {
  const { defaultBrowser, jobs } = context;
  if (!defaultBrowser) {
    return;
  }
  const { contents } = context.docManager.services;
  const drop = takeDrags(defaultBrowser.node, (event, dragged) => {
    const found = dragged.every(isOurs)
      ? folderAt(defaultBrowser, event)
      : null;
    return (
      found && {
        node: found.node,
        drop: paths => {
          const path = '/' + trim(contents.localPath(found.path));
          const items = paths.map(one => ({ path: one }));
          void download(context, items, { source: WORKSPACE, path });
        }
      }
    );
  });
  defaultBrowser.disposed.connect(() => drop.dispose());
  jobs.ended.connect((_, job) => {
    const isFrom = job.from.source === WORKSPACE && job.kind === 'move';
    if (job.to?.source === WORKSPACE || isFrom) {
      void defaultBrowser.model.refresh();
    }
  });
}
