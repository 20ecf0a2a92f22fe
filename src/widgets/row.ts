/** What a row of the listing says beyond JupyterLab's own. */

import { StringExt } from '@lumino/algorithm';
import { h, VirtualDOM } from '@lumino/virtualdom';

import type { Fold } from '../model';

/** The class of the arrow that unfolds a folder. */
export const TWISTY = 'ctadata-Twisty';

/** How far a row is moved for each folder it lies in, in px. */
const INDENT = 14;

/** Mark the characters of a name that the filter found. */
export function highlight(
  node: HTMLElement,
  name: string,
  marks: number[]
): void {
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
export interface ITwist {
  /** How deep it lies. */
  depth: number;
  /** Whether what is below it is shown; null for what has nothing below. */
  fold: Fold | null;
}

/** Indent a row, and give a folder the arrow that unfolds it; null: there is no tree. */
export function twist(node: HTMLElement, place: ITwist | null): void {
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
export function locate(node: HTMLElement, folder: string): void {
  if (folder) {
    node.dataset.ctadataFolder = folder;
  } else {
    delete node.dataset.ctadataFolder;
  }
}

/** Give a row its place in a grid, for those who do not see it. */
export function describe(
  node: HTMLElement,
  index: number,
  isSelected: boolean
): void {
  node.setAttribute('role', 'row');
  node.setAttribute('aria-rowindex', String(index + 1));
  node.setAttribute('aria-selected', String(isSelected));
  for (const cell of node.children) {
    if (!cell.hasAttribute('role')) {
      cell.setAttribute('role', 'gridcell');
    }
  }
}
