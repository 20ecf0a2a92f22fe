/** The listing in the page: as many rows as can be seen, drawn by JupyterLab's own code. */

import type { DirListing } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { Message } from '@lumino/messaging';

import type { ICore } from './core';
import { RowWindow } from './rowwindow';
import type { Selecting } from './selecting';

/** Draws the rows that can be seen. */
export class Drawing {
  /** Construct it with JupyterLab's code, which draws all rows that it knows. */
  constructor(
    list: DirListing,
    core: ICore,
    selecting: Selecting,
    drawAll: (msg?: Message) => void
  ) {
    this._list = list;
    this._core = core;
    this._content = list.contentNode;
    this._selecting = selecting;
    this._drawAll = drawAll;
  }

  /** Have a row in the page before JupyterLab's code uses its node. */
  connect(): void {
    const core = this._core;
    const { _focusItem, _selectItem, _startDrag } = core;
    core._focusItem = index => {
      this.reveal(index);
      _focusItem.call(core, index);
    };
    core._selectItem = (index, keep, focus) => {
      this.reveal(index);
      _selectItem.call(core, index, keep, focus);
    };
    core._startDrag = (index, x, y) => {
      this.reveal(index);
      _startDrag?.call(core, index, x, y);
    };
  }

  /**
   * Draw a window of rows by JupyterLab's own code.
   *
   * #### Notes
   * It is shown only the window, and what is selected of that; afterwards every
   * other row is one shared node outside the page, so that indices still line up.
   */
  draw(msg?: Message, around?: number): void {
    const core = this._core;
    const rows = this._window;
    const all = core._sortedItems;
    const focus = core._focusIndex;
    const isFirst = !rows.nodes.length;
    rows.measure();
    const [start, size] = core._inRename
      ? [rows.start, Math.min(rows.nodes.length, all.length)]
      : rows.wanted(this._content, all.length, around);
    const hadFocus = this._content.contains(document.activeElement);
    rows.moveTo(start);
    this._isDrawing = true;
    core._sortedItems = all.slice(start, start + size);
    core._items = rows.nodes;
    core._focusIndex = focus - start;
    this._offset = start;
    this._selecting.narrow(core._sortedItems);
    try {
      this._drawAll(msg);
    } finally {
      this._isDrawing = false;
      this._offset = 0;
      this._selecting.narrow(null);
      core._sortedItems = all;
      core._focusIndex = focus;
      core._items = rows.all(all.length);
    }
    if (isFirst) {
      rows.measure();
    }
    rows.space(this._content, all.length);
    this._content.setAttribute('aria-rowcount', String(all.length));
    this._selecting.tell(all.length);
    if (hadFocus && !core._inRename) {
      this._keepFocus(focus);
    }
  }

  /** Draw other rows if the list was scrolled so far. */
  follow(): void {
    const { _inRename, _items } = this._core;
    if (!_inRename && this._window.hasMoved(this._content, _items.length)) {
      this.draw();
    }
  }

  /** Scroll no further than a row needs to be seen. */
  scrollTo(index: number): void {
    const content = this._content;
    const { rowHeight } = this._window;
    const top = index * rowHeight;
    const least = top + rowHeight - content.clientHeight;
    content.scrollTop = Math.max(least, Math.min(content.scrollTop, top));
  }

  /** Scroll so far that a row is in the page. */
  reveal(index: number): void {
    const count = this._core._sortedItems.length;
    if (index < 0 || index >= count || this._window.has(index)) {
      return;
    }
    const content = this._content;
    const { rowHeight } = this._window;
    const top = index * rowHeight;
    const room = Math.max(0, content.clientHeight - rowHeight);
    content.scrollTop =
      top < content.scrollTop ? top : Math.max(0, top - room / 2);
    this.draw(undefined, index);
  }

  /** Of all rows those in the page. */
  drawnOf(
    items: Contents.IModel[],
    nodes: HTMLElement[]
  ): [Contents.IModel[], HTMLElement[]] {
    if (this._isDrawing || nodes !== this._core._items) {
      return [items, nodes];
    }
    const { start, end } = this._window;
    return [items.slice(start, end), nodes.slice(start, end)];
  }

  /** Where a row is among all, also while JupyterLab's code knows only the window. */
  indexOf(item: Contents.IModel): number {
    return this._core._sortedItems.indexOf(item) + this._offset;
  }

  /** The keyboard's focus follows its row, or waits in the list while the row is away. */
  private _keepFocus(index: number): void {
    const node = this._core._items[index];
    const name = node && this._list.renderer.getNameNode(node);
    const isAway = node === this._window.elsewhere;
    const target = isAway || !name ? this._content : name;
    if (document.activeElement !== target) {
      target.focus({ preventScroll: true });
    }
  }

  private _list: DirListing;
  private _core: ICore;
  private _content: HTMLElement;
  private _selecting: Selecting;
  private _drawAll: (msg?: Message) => void;
  private _window = new RowWindow();
  private _isDrawing = false;
  private _offset = 0;
}
