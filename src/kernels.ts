/** Notebooks of our drive and their kernels. */

import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';

import { isOurs } from './paths';

/**
 * Gives the session of a notebook the notebook's whole path, with the drive.
 *
 * #### Notes
 * Some versions of JupyterLab leave the drive out. Then a local notebook at
 * the same path shares the kernel, which starts in a local folder that is
 * called alike, and the list of running kernels leads to the wrong file.
 */
export class WholePaths implements DocumentRegistry.WidgetExtension {
  /** Look at a notebook that is opened; its session has not begun. */
  createNew(
    widget: Widget,
    context: DocumentRegistry.IContext<DocumentRegistry.IModel>
  ): void {
    setPath(context.sessionContext, context.path);
  }
}

/** Give a session that has not begun the path of a file of ours. */
export function setPath(session: ISessionContext, path: string): void {
  if (isOurs(path) && !session.session && session.path !== path) {
    (session as unknown as { _path: string })._path = path;
  }
}
