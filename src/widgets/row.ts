/** What a row of the listing says beyond JupyterLab's own. */

import { StringExt } from '@lumino/algorithm';
import { h, VirtualDOM } from '@lumino/virtualdom';

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

/** Give a row its place in a grid, for those who do not see it. */
export function describe(node: HTMLElement, isSelected: boolean): void {
  node.setAttribute('role', 'row');
  node.setAttribute('aria-selected', String(isSelected));
  for (const cell of node.children) {
    if (!cell.hasAttribute('role')) {
      cell.setAttribute('role', 'gridcell');
    }
  }
}
