/** What a row of the listing says beyond JupyterLab's own. */

import type { Contents } from '@jupyterlab/services';
import { StringExt } from '@lumino/algorithm';
import { h, VirtualDOM } from '@lumino/virtualdom';

import type { CtaModel } from '../model';
import { nameOf } from '../paths';
import type { Fold } from '../tree';
import type { ICtaModel } from '../wire';

/** The class of the arrow that unfolds a folder. */
export const TWISTY = 'ctadata-Twisty';

/** How far a row is moved for each folder it lies in, in px. */
const INDENT = 14;

/** Says in the page's rows what JupyterLab's code does not. */
export class RowMarks {
  /** Construct them with the word for a file that is on tape only. */
  constructor(model: CtaModel, onTape: string) {
    this._model = model;
    this._onTape = onTape;
  }

  /** Mark a row that JupyterLab's code has drawn, or that is used for another file now. */
  put(
    node: HTMLElement,
    item: Contents.IModel,
    index: number,
    isSelected: boolean
  ): void {
    const { search, filter, isTree, path } = this._model;
    mark(node, item, this._onTape);
    const folder = item.path.slice(0, -item.name.length - 1);
    locate(node, search ? folder.slice(path.length + 1) : '');
    highlight(node, item.name, filter.marks(item.name));
    const depth = isTree ? this._model.depthOf(item) : 0;
    twist(node, isTree ? { depth, fold: this._model.foldOf(item) } : null);
    describe(node, index, isSelected);
  }

  private _model: CtaModel;
  private _onTape: string;
}

/**
 * Mark a row as ours.
 *
 * #### Notes
 * JupyterLab's own menu entries look for `data-isdir`; some of them are wrong
 * for remote files ("Move to Trash").
 */
function mark(node: HTMLElement, item: Contents.IModel, onTape: string): void {
  node.removeAttribute('data-isdir');
  node.dataset.ctadataKind = item.type === 'directory' ? 'folder' : 'file';
  node.dataset.ctadataName = nameOf(item.path);
  node.dataset.ctadataPath = item.path;
  const online = (item as ICtaModel).ctadata?.online;
  if (online === false) {
    node.dataset.ctadataOnline = 'false';
    node.dataset.ctadataTape = onTape;
  } else {
    delete node.dataset.ctadataOnline;
    delete node.dataset.ctadataTape;
  }
}

/** Mark the characters of a name that the filter found. */
function highlight(node: HTMLElement, name: string, marks: number[]): void {
  const text = node.querySelector<HTMLElement>('.jp-DirListing-itemText');
  if (!text || (!marks.length && !node.dataset.ctadataMarked)) {
    return;
  }
  VirtualDOM.render(h.span(StringExt.highlight(name, marks, h.mark)), text);
  if (marks.length) {
    node.dataset.ctadataMarked = 'true';
  } else {
    delete node.dataset.ctadataMarked;
  }
}

/** Where a row stands in a tree. */
interface ITwist {
  /** How deep it lies. */
  depth: number;
  /** Whether what is below it is shown; null for what has nothing below. */
  fold: Fold | null;
}

/** Indent a row, and give a folder the arrow that unfolds it; null: there is no tree. */
function twist(node: HTMLElement, place: ITwist | null): void {
  const column = node.querySelector('.jp-DirListing-itemName');
  let arrow = column?.querySelector<HTMLElement>(`.${TWISTY}`) ?? null;
  if (!place || !column) {
    arrow?.remove();
    ['aria-level', 'aria-expanded', 'aria-busy'].forEach(name =>
      node.removeAttribute(name)
    );
    return;
  }
  if (!arrow) {
    arrow = document.createElement('span');
    arrow.className = TWISTY;
    arrow.setAttribute('aria-hidden', 'true');
    column.prepend(arrow);
  }
  arrow.style.marginLeft = `${place.depth * INDENT}px`;
  arrow.dataset.fold = place.fold ?? 'none';
  node.setAttribute('aria-level', String(place.depth + 1));
  node.setAttribute('aria-busy', String(place.fold === 'loading'));
  if (place.fold) {
    node.setAttribute('aria-expanded', String(place.fold === 'unfolded'));
  } else {
    node.removeAttribute('aria-expanded');
  }
}

/** Say in which folder a found file lies; empty: in the one that is shown. */
function locate(node: HTMLElement, folder: string): void {
  if (folder) {
    node.dataset.ctadataFolder = folder;
  } else {
    delete node.dataset.ctadataFolder;
  }
}

/** Give a row its place in a grid, for those who do not see it. */
function describe(node: HTMLElement, index: number, isSelected: boolean): void {
  node.setAttribute('role', 'row');
  node.setAttribute('aria-rowindex', String(index + 1));
  node.setAttribute('aria-selected', String(isSelected));
  for (const cell of node.children) {
    if (!cell.hasAttribute('role')) {
      cell.setAttribute('role', 'gridcell');
    }
  }
}
