/**
 * JupyterLab's listing with as many rows in the page as can be seen.
 *
 * #### Notes
 * It uses private members of JupyterLab's class, which `core.ts` lists. If one
 * of them is missing, the listing is the stock one, only slower.
 */

import { DirListing } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { Drag } from '@lumino/dragdrop';
import type { Message } from '@lumino/messaging';
import { MessageLoop } from '@lumino/messaging';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { dropOf } from '../manifest';
import type { IDrop } from '../manifest';
import { nameOf, placeOf } from '../paths';
import type { IPlace } from '../paths';
import type { CtaModel } from '../model';
import { Selection } from '../selection';
import type { ICtaModel } from '../wire';
import { giveNamesRoom, isKnown, seenAt } from './core';
import type { ICore } from './core';
import { isCopy } from './dragdrop';
import { describe, highlight, locate, TWISTY, twist } from './row';
import { RowWindow } from './rowwindow';

/** What JupyterLab's browsers drag. */
const CONTENTS_MIME = 'application/x-jupyter-icontents';

/** Over so many rows JupyterLab's own way to select a range takes too long. */
const LONG = 200;

/** Below this width, in px, there is no room for the times. */
const TIGHT = 230;

/** What the panel does for the listing. */
export interface IListingHooks {
  /** Whether a folder takes nothing. */
  isReadOnly(folder: IPlace): boolean;
  /** Whether what is shown may be changed; the user is told if not. */
  mayChange(): boolean;
  /** Open a file. */
  open(item: Contents.IModel): void;
  /** Delete the selection. */
  delete(): Promise<void>;
  /** Paste what was cut or copied. */
  paste(): Promise<void>;
  /** Copy the selection beside itself. */
  duplicate(): Promise<void>;
  /** Save the selected files on the user's computer. */
  download(): Promise<void>;
  /** Upload what was dropped from the desktop. */
  dropFiles(drop: IDrop, folder: IPlace): void;
  /** Bring dragged files of a Jupyter browser here. */
  dropPaths(paths: string[], folder: IPlace, copy: boolean): void;
}

/** A listing that stays quick with a hundred thousand rows. */
export class VirtualDirListing extends DirListing {
  /** Construct the listing. */
  constructor(options: VirtualDirListing.IOptions) {
    super(options);
    this._rows = options.model;
    const trans = this.translator.load('ctadata_jlab');
    this._onTape = trans.__('tape');
    this.addClass('ctadata-Listing');
    this._core = this as unknown as ICore;
    this._isVirtual = isKnown(this._core);
    if (this._isVirtual) {
      this._revealBefore();
      this._keepSelection();
      giveNamesRoom(this._core);
      this.model.refreshed.disconnect(this._core._onModelRefreshed, this);
      this.model.refreshed.connect(this._take, this);
      this.contentNode.tabIndex = -1;
    }
  }

  /** What the panel does for this listing. */
  hooks: IListingHooks | null = null;

  /** A signal emitted when rows have been drawn. */
  get drawn(): ISignal<this, void> {
    return this._wasDrawn;
  }

  /** The selected rows, in their order; the same array as long as nothing changes. */
  get chosen(): readonly Contents.IModel[] {
    return this._isVirtual
      ? this._selected.of(this._core._sortedItems)
      : Array.from(super.selectedItems());
  }

  /** Whether only the rows that can be seen are drawn. */
  get isVirtual(): boolean {
    return this._isVirtual;
  }

  /** Have the model order its rows; many of them are there a moment later. */
  override sort(state: DirListing.ISortState): void {
    if (!this._isVirtual) {
      return super.sort(state);
    }
    this._core._sortState = state;
    this._core._saveState?.();
    void this._rows.orderBy({ state });
    this._take();
  }

  /** Names as people count them, or by their characters. */
  override setSortFileNamesNaturally(natural: boolean): void {
    super.setSortFileNamesNaturally?.(natural);
    void this._rows.orderBy({ natural });
  }

  /** Notebooks before other files, or among them. */
  override setNotebooksFirstSorting(notebooksFirst: boolean): void {
    super.setNotebooksFirstSorting(notebooksFirst);
    void this._rows.orderBy({ notebooksFirst });
  }

  /** Restore widths and order; JupyterLab would sort by itself. */
  override async restore(id: string): Promise<void> {
    await super.restore(id);
    if (this._isVirtual) {
      this.sort(this._core._sortState);
    }
  }

  /** The selected rows, in their order. */
  override selectedItems(): IterableIterator<Contents.IModel> {
    return this.chosen[Symbol.iterator]() as IterableIterator<Contents.IModel>;
  }

  /** Select all rows. */
  override async selectAll(): Promise<void> {
    if (!this._isVirtual) {
      return super.selectAll?.();
    }
    this._choose(this._core._sortedItems);
  }

  /** Whether that row of the folder itself is selected: rows below it may have the same name. */
  override isSelected(name: string): boolean {
    return this._isVirtual
      ? this._selected.has(`${this._rows.path}/${name}`)
      : super.isSelected(name);
  }

  /** Select that row of the folder itself. */
  override async selectItemByName(name: string, focus = false): Promise<void> {
    if (!this._isVirtual) {
      return super.selectItemByName(name, focus);
    }
    if (!this.isSelected(name)) {
      await this._selectPath(`${this._rows.path}/${name}`, focus);
    }
  }

  /** Select a row that may just have come to be. */
  private async _selectPath(path: string, focus: boolean): Promise<void> {
    const core = this._core;
    await this._rows.cd('.'); // `refresh` does nothing while the panel is hidden
    if (this.isDisposed) {
      throw new Error('File browser is disposed.');
    }
    const index = core._sortedItems.findIndex(row => row.path === path);
    if (index === -1) {
      throw new Error('Item does not exist.');
    }
    core._selectItem(index, false, focus);
    MessageLoop.sendMessage(this, Widget.Msg.UpdateRequest);
    this._scrollTo(index);
  }

  /** Delete through the panel, which says what is lost. */
  override delete(): Promise<void> {
    return this.hooks?.delete() ?? Promise.resolve();
  }

  /** Paste as a transfer. */
  override paste(): Promise<void> {
    return this.hooks?.paste() ?? Promise.resolve();
  }

  /** Duplicate as a transfer. */
  override duplicate(): Promise<void> {
    return this.hooks?.duplicate() ?? Promise.resolve();
  }

  /** Save the selected files on the user's computer. */
  override download(): Promise<void> {
    return this.hooks?.download() ?? Promise.resolve();
  }

  /** Draw other rows when the user scrolls. */
  override handleEvent(event: Event): void {
    if (this._isOnTwisty(event) || this._isOnCheckAll(event)) {
      return;
    }
    super.handleEvent(event);
    if (event.type === 'scroll' && this._isVirtual) {
      if (this._hasMoved()) {
        this._draw();
      }
      this._markTarget();
    }
  }

  /** A click on the arrow of a folder unfolds it, and does nothing else. */
  private _isOnTwisty(event: Event): boolean {
    const { target, type } = event;
    const isArrow =
      ['mousedown', 'mouseup', 'click', 'dblclick'].includes(type) &&
      target instanceof HTMLElement &&
      target.classList.contains(TWISTY) &&
      target.dataset.fold !== 'none';
    if (isArrow && type === 'click') {
      const item = this.modelForClick(event as MouseEvent);
      void (item && this._rows.toggle(item));
    }
    return isArrow;
  }

  /** A click on the box of all rows selects all if none is, as quick as Ctrl+A. */
  private _isOnCheckAll(event: Event): boolean {
    const box = this.renderer.getCheckboxNode?.(this.headerNode);
    const isOn =
      this._isVirtual &&
      event.type === 'click' &&
      event.target instanceof Node &&
      this.headerNode.contains(event.target) &&
      Boolean(box) &&
      this.isWithinCheckboxHitArea(event as MouseEvent);
    if (isOn) {
      this._choose(this._selected.size ? [] : this._core._sortedItems);
    }
    return isOn;
  }

  /** Right unfolds a folder or goes into it, left folds it or goes to its parent. */
  private _twistByKey(key: string): boolean {
    const core = this._core;
    const item = core._sortedItems[core._focusIndex];
    if (!this._rows.isTree || !item || !/^Arrow(Left|Right)$/.test(key)) {
      return false;
    }
    const isUnfolded = this._rows.foldOf(item) === 'unfolded';
    const isRight = key === 'ArrowRight';
    if (item.type === 'directory' && isRight !== isUnfolded) {
      void this._rows.toggle(item);
      return true;
    }
    const parent = item.path.slice(0, item.path.lastIndexOf('/'));
    const to = isRight
      ? core._focusIndex + (isUnfolded ? 1 : 0)
      : core._sortedItems.findIndex(row => row.path === parent);
    if (to >= 0 && to < core._sortedItems.length) {
      core._selectItem(to, false, true);
    }
    return true;
  }

  /** Open a folder here, a file through the panel. */
  protected override handleOpen(item: Contents.IModel): void {
    if (item.type === 'directory') {
      void this.model.cd(item.path);
    } else {
      this.hooks?.open(item);
    }
  }

  /** Draw the rows that can be seen. */
  protected override onUpdateRequest(msg: Message): void {
    if (this._isVirtual) {
      this._draw(msg);
    } else {
      super.onUpdateRequest(msg);
    }
    this._wasDrawn.emit();
  }

  /** Draw the rows again after a change of size: more may be seen. */
  override onResize(msg: Parameters<DirListing['onResize']>[0]): void {
    this._tighten(msg.width === -1 ? this.node.clientWidth : msg.width);
    super.onResize(msg);
    if (this._isVirtual && this.isVisible) {
      this.update();
    }
  }

  /** Show a column or not; the times only where there is room for them. */
  override setColumnVisibility(
    name: DirListing.ToggleableColumn,
    isVisible: boolean
  ): void {
    if (name === 'last_modified') {
      this._wantsTimes = isVisible;
    }
    const hasRoom = name !== 'last_modified' || !this._isTight;
    super.setColumnVisibility(name, isVisible && hasRoom);
    this.update(); // JupyterLab's code changes the header alone
  }

  /** A list that is too narrow for three columns has no times. */
  private _tighten(width: number): void {
    const isTight = width > 0 && width < TIGHT;
    if (this._isVirtual && isTight !== this._isTight) {
      this._isTight = isTight;
      this.setColumnVisibility('last_modified', this._wantsTimes);
    }
  }

  /** Update the rows that are in the page, with our mark in place of JupyterLab's. */
  protected override updateNodes(
    items: Contents.IModel[],
    nodes: HTMLElement[],
    sizeOnly = false
  ): void {
    const [some, drawn] = this._drawnOf(items, nodes);
    super.updateNodes(some, drawn, sizeOnly);
    some.forEach((item, index) => this._finish(drawn[index], item));
  }

  /** Say what JupyterLab's code does not. */
  private _finish(node: HTMLElement | undefined, item: Contents.IModel): void {
    if (node) {
      mark(node, item, this._onTape);
      const folder = item.path.slice(0, -item.name.length - 1);
      locate(
        node,
        this._rows.search ? folder.slice(this._rows.path.length + 1) : ''
      );
      highlight(node, item.name, this._rows.filter.marks(item.name));
      const { isTree } = this._rows;
      const depth = isTree ? this._rows.depthOf(item) : 0;
      twist(node, isTree ? { depth, fold: this._rows.foldOf(item) } : null);
      const index = this._core._sortedItems.indexOf(item) + this._offset;
      describe(node, index, Boolean(this.selection[item.path]));
    }
  }

  /** Update the times of the rows that are in the page. */
  protected override updateModified(
    items: Contents.IModel[],
    nodes: HTMLElement[]
  ): void {
    super.updateModified(...this._drawnOf(items, nodes));
  }

  /** Keys work as well while the list itself has the focus. */
  protected override evtKeydown(event: KeyboardEvent): void {
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
    const isMine = this._isVirtual && !this._core._inRename && isPlain;
    if (isMine && !event.shiftKey && this._twistByKey(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    // From JupyterLab 4.5 on there is a command for it, which comes first.
    const isAccel = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (
      this._isVirtual &&
      !this._core._inRename &&
      isAccel &&
      event.key === 'a'
    ) {
      event.preventDefault();
      event.stopPropagation();
      void this.selectAll();
      return;
    }
    if (this._isVirtual && event.target === this.contentNode) {
      if (event.key === 'Backspace') {
        event.preventDefault();
        void this.goUp();
        return;
      }
      // JupyterLab's own keys look for a row that has the focus.
      if (event.key === 'F2' || event.key === 'Delete') {
        event.preventDefault();
        event.stopPropagation();
        void (event.key === 'F2' ? this.rename() : this.delete());
        return;
      }
      if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
        event.preventDefault();
        this._core._focusItem(this._core._focusIndex);
        return;
      }
    }
    this._selected.briefly(() => super.evtKeydown(event));
  }

  /** Select by the mouse. */
  protected override handleFileSelect(event: MouseEvent): void {
    this._selected.briefly(() => super.handleFileSelect(event));
  }

  /** Upload what is dropped from the desktop. */
  protected override evtNativeDrop(event: DragEvent): void {
    event.preventDefault();
    const drop = dropOf(event.dataTransfer);
    if (drop.entries.length || drop.files.length) {
      this.hooks?.dropFiles(drop, this._folderAt(event));
    }
  }

  /** Take files of a Jupyter browser anywhere in the list. */
  protected override evtDragEnter(event: Drag.Event): void {
    if (event.mimeData.hasData(CONTENTS_MIME)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** Show where a drop would go: a folder's row, or the folder that is shown. */
  protected override evtDragOver(event: Drag.Event): void {
    event.preventDefault();
    event.stopPropagation();
    if (this.hooks?.isReadOnly(this._folderAt(event))) {
      event.dropAction = 'none';
      return;
    }
    event.dropAction = event.proposedAction;
    const { clientX, clientY } = event;
    this._dragged = new MouseEvent(event.type, { clientX, clientY });
    this._markTarget();
  }

  /** Show no target any more. */
  protected override evtDragLeave(event: Drag.Event): void {
    event.preventDefault();
    event.stopPropagation();
    this._endDrag();
  }

  /** Bring dragged files here. */
  protected override evtDrop(event: Drag.Event): void {
    event.preventDefault();
    event.stopPropagation();
    this._endDrag();
    if (
      event.proposedAction === 'none' ||
      !event.mimeData.hasData(CONTENTS_MIME)
    ) {
      event.dropAction = 'none';
      return;
    }
    event.dropAction = event.proposedAction;
    const paths = event.mimeData.getData(CONTENTS_MIME) as string[];
    this.hooks?.dropPaths(paths, this._folderAt(event), isCopy(event));
  }

  /** Show the model's rows; what was selected and is there yet stays so. */
  private _take(): void {
    const core = this._core;
    const rows = this._rows.shown as Contents.IModel[];
    if (rows !== core._sortedItems) {
      const focused = core._sortedItems[core._focusIndex]?.path;
      const held = core._dragData && core._sortedItems[core._dragData.index];
      core._sortedItems = rows;
      if (core._dragData) {
        const index = rows.findIndex(row => row.path === held?.path);
        core._dragData = index === -1 ? null : { ...core._dragData, index };
      }
      if (this._selected.size) {
        this._selected.take(this._selected.of(rows).map(row => row.path));
      }
      const index = rows.findIndex(row => row.path === focused);
      core._focusIndex = Math.max(
        0,
        index === -1 ? Math.min(core._focusIndex, rows.length - 1) : index
      );
    }
    this.update();
  }

  /** Keep the selection as a set, which JupyterLab's code sees as its object. */
  private _keepSelection(): void {
    const core = this._core;
    Object.defineProperty(this, 'selection', {
      get: () => this._part ?? this._selected.record,
      set: (record: object) => this._selected.take(Object.keys(record))
    });
    const { _handleMultiSelect } = core;
    core._handleMultiSelect = index => {
      const from = core._focusIndex;
      if (Math.abs(index - from) < LONG) {
        _handleMultiSelect?.call(core, index);
      } else {
        this._selected.extend(core._sortedItems, from, index);
        core._selectionChanged?.emit(undefined);
      }
    };
  }

  /** Select these rows and no others. */
  private _choose(rows: readonly Contents.IModel[]): void {
    this._selected.take(rows.map(row => row.path));
    this._core._selectionChanged?.emit(undefined);
    this.update();
  }

  private _folderAt(event: MouseEvent): IPlace {
    const item = this.modelForClick(event);
    return placeOf(item?.type === 'directory' ? item.path : this._rows.path);
  }

  private _folderRowAt(event: MouseEvent): HTMLElement | null {
    const item = this.modelForClick(event);
    if (item?.type !== 'directory') {
      return null;
    }
    const index = this._core._sortedItems.indexOf(item);
    return this._core._items[index] ?? null;
  }

  /** Mark what lies below the pointer of a drag: while the list scrolls, that changes without an event. */
  private _markTarget(): void {
    if (this._dragged) {
      this._clearTargets();
      const row = this._folderRowAt(this._dragged);
      (row ?? this.contentNode).classList.add('jp-mod-dropTarget');
    }
  }

  private _endDrag(): void {
    this._dragged = null;
    this._clearTargets();
  }

  private _clearTargets(): void {
    this.contentNode.classList.remove('jp-mod-dropTarget');
    const marked = this.contentNode.querySelectorAll('.jp-mod-dropTarget');
    marked.forEach(node => node.classList.remove('jp-mod-dropTarget'));
  }

  /** Have a row in the page before JupyterLab's code uses its node. */
  private _revealBefore(): void {
    const core = this._core;
    const { _focusItem, _selectItem, _doRename, _startDrag } = core;
    core._focusItem = index => {
      this._reveal(index);
      _focusItem.call(core, index);
    };
    core._selectItem = (index, keep, focus) => {
      this._reveal(index);
      _selectItem.call(core, index, keep, focus);
    };
    core._startDrag = (index, x, y) => {
      this._reveal(index);
      _startDrag?.call(core, index, x, y);
    };
    core._doRename = () => this._renameWithin(() => _doRename.call(core));
    core._selectItemByName = (name, focus = false) =>
      this._selectPath(`${this.model.path}/${name}`, focus);
  }

  /**
   * Have JupyterLab's code rename in the folder where the row lies, one row at a time.
   *
   * #### Notes
   * Which row it takes is what JupyterLab's code takes, too: the one with the
   * focus, or the one that was selected last.
   */
  private async _renameWithin(rename: () => Promise<string>): Promise<string> {
    const core = this._core;
    if (core._inRename || this.hooks?.mayChange() === false) {
      return '';
    }
    const focused = core._sortedItems[core._focusIndex]?.path;
    const paths = Object.keys(this.selection);
    const path = this.selection[focused] ? focused : paths[paths.length - 1];
    this._reveal(core._sortedItems.findIndex(item => item.path === path));
    const folder = path?.slice(0, path.lastIndexOf('/'));
    if (folder && folder !== this._rows.path) {
      this._model = seenAt(this._rows, folder);
    }
    try {
      return await rename();
    } catch (reason) {
      core._inRename = false;
      throw reason;
    } finally {
      this._model = this._rows;
    }
  }

  /** Scroll no further than a row needs to be seen. */
  private _scrollTo(index: number): void {
    const content = this.contentNode;
    const { rowHeight } = this._window;
    const top = index * rowHeight;
    const least = top + rowHeight - content.clientHeight;
    content.scrollTop = Math.max(least, Math.min(content.scrollTop, top));
  }

  /** Scroll so far that a row is in the page. */
  private _reveal(index: number): void {
    const count = this._core._sortedItems.length;
    if (index < 0 || index >= count || this._window.has(index)) {
      return;
    }
    const content = this.contentNode;
    const { rowHeight } = this._window;
    const top = index * rowHeight;
    const room = Math.max(0, content.clientHeight - rowHeight);
    content.scrollTop =
      top < content.scrollTop ? top : Math.max(0, top - room / 2);
    this._draw(undefined, index);
  }

  private _hasMoved(): boolean {
    const { _inRename, _items } = this._core;
    return !_inRename && this._window.hasMoved(this.contentNode, _items.length);
  }

  /**
   * Draw a window of rows by JupyterLab's own code.
   *
   * #### Notes
   * It is shown only the window, and what is selected of that; afterwards every
   * other row is one shared node outside the page, so that indices still line up.
   */
  private _draw(msg?: Message, around?: number): void {
    const core = this._core;
    const rows = this._window;
    const all = core._sortedItems;
    const focus = core._focusIndex;
    const isFirst = !rows.nodes.length;
    rows.measure();
    const [start, size] = core._inRename
      ? [rows.start, Math.min(rows.nodes.length, all.length)]
      : rows.wanted(this.contentNode, all.length, around);
    const hadFocus = this.contentNode.contains(document.activeElement);
    rows.moveTo(start);
    this._isDrawing = true;
    core._sortedItems = all.slice(start, start + size);
    core._items = rows.nodes;
    core._focusIndex = focus - start;
    this._offset = start;
    this._part = this._selected.within(core._sortedItems);
    try {
      super.onUpdateRequest(msg as Message);
    } finally {
      this._isDrawing = false;
      this._offset = 0;
      this._part = null;
      core._sortedItems = all;
      core._focusIndex = focus;
      core._items = rows.all(all.length);
    }
    if (isFirst) {
      rows.measure();
    }
    rows.space(this.contentNode, all.length);
    this._describeAll(all.length);
    if (hadFocus && !core._inRename) {
      this._keepFocus(focus);
    }
  }

  /** Say to those who do not see it what the list is. */
  private _describeAll(count: number): void {
    const { contentNode: node, _rows: rows } = this;
    node.setAttribute('role', rows.isTree ? 'treegrid' : 'grid');
    node.setAttribute('aria-multiselectable', 'true');
    node.setAttribute('aria-rowcount', String(count));
    const { size } = this._selected;
    this.toggleClass('jp-mod-selected', size > 0);
    this.toggleClass('jp-mod-multiSelected', size > 1);
    const box = this.renderer.getCheckboxNode?.(this.headerNode);
    if (box) {
      box.checked = size > 0 && size === count;
      box.indeterminate = size > 0 && size < count;
    }
  }

  /** The keyboard's focus follows its row, or waits in the list while the row is away. */
  private _keepFocus(index: number): void {
    const node = this._core._items[index];
    const name = node && this.renderer.getNameNode(node);
    const isAway = node === this._window.elsewhere;
    const target = isAway || !name ? this.contentNode : name;
    if (document.activeElement !== target) {
      target.focus({ preventScroll: true });
    }
  }

  /** Of all rows those in the page. */
  private _drawnOf(
    items: Contents.IModel[],
    nodes: HTMLElement[]
  ): [Contents.IModel[], HTMLElement[]] {
    if (!this._isVirtual || this._isDrawing || nodes !== this._core._items) {
      return [items, nodes];
    }
    const { start, end } = this._window;
    return [items.slice(start, end), nodes.slice(start, end)];
  }

  private _core: ICore;
  private _rows: CtaModel;
  /** What a row says whose file is on tape only. */
  private _onTape: string;
  private _isVirtual: boolean;
  private _wasDrawn = new Signal<this, void>(this);
  private _dragged: MouseEvent | null = null;
  private _isTight = false;
  private _wantsTimes = true;
  private _isDrawing = false;
  private _offset = 0;
  private _selected = new Selection();
  private _part: Record<string, boolean> | null = null;
  private _window = new RowWindow();
}

/** The namespace of `VirtualDirListing`'s statics. */
export namespace VirtualDirListing {
  /** How a listing is constructed. */
  export interface IOptions extends DirListing.IOptions {
    /** The model. */
    model: CtaModel;
  }
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
