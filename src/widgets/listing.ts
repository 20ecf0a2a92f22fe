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

import type { CtaModel } from '../model';
import { Columns, giveNamesRoom, TIMES } from './columns';
import { exchange, isKnown, seenAt } from './core';
import type { ICore } from './core';
import { Drawing } from './drawing';
import { Drops } from './drops';
import type { IDropHooks } from './drops';
import { Keys } from './keys';
import { Renaming } from './renaming';
import type { IRenamed } from './renaming';
import { RowMarks } from './row';
import { Selecting } from './selecting';
import { Twisties } from './twisties';

/** What the panel does for the listing. */
export interface IListingHooks extends IDropHooks {
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
}

/** A listing that stays quick with a hundred thousand rows. */
export class VirtualDirListing extends DirListing {
  /** Construct the listing. */
  constructor(options: VirtualDirListing.IOptions) {
    super(options);
    const { model } = options;
    this._rows = model;
    this.addClass('ctadata-Listing');
    const core = this as unknown as ICore;
    this._core = core;
    this._isVirtual = isKnown(core);
    const trans = this.translator.load('ctadata_jlab');
    this._marks = new RowMarks(model, trans.__('tape'));
    this._selecting = new Selecting(this, core, event =>
      this.isWithinCheckboxHitArea(event)
    );
    this._drawing = new Drawing(this, core, this._selecting, msg =>
      super.onUpdateRequest(msg as Message)
    );
    this._drops = new Drops(this, core, model, () => this.hooks);
    this._twisties = new Twisties(this, core, model);
    this._keys = new Keys(this, core, this._twisties);
    this._renaming = new Renaming(
      core,
      this._selecting,
      this._drawing,
      this._renamed()
    );
    if (this._isVirtual) {
      this._connect();
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
      ? this._selecting.rows
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
    this._selecting.all();
  }

  /** Whether that row of the folder itself is selected: rows below it may have the same name. */
  override isSelected(name: string): boolean {
    return this._isVirtual
      ? this._selecting.paths.has(`${this._rows.path}/${name}`)
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
    this._drawing.scrollTo(index);
  }

  /** Delete through the panel, which says what is lost. */
  override delete(): Promise<void> {
    return this._change(hooks => hooks.delete());
  }

  /** Paste as a transfer. */
  override paste(): Promise<void> {
    return this._change(hooks => hooks.paste());
  }

  /** Duplicate as a transfer. */
  override duplicate(): Promise<void> {
    return this._change(hooks => hooks.duplicate());
  }

  /** Save the selected files on the user's computer. */
  override download(): Promise<void> {
    return this.hooks?.download() ?? Promise.resolve();
  }

  /** Draw other rows when the user scrolls. */
  override handleEvent(event: Event): void {
    if (
      this._twisties.click(event) ||
      (this._isVirtual && this._selecting.click(event))
    ) {
      return;
    }
    super.handleEvent(event);
    if (event.type === 'scroll' && this._isVirtual) {
      this._drawing.follow();
      this._drops.mark();
    }
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
      this._drawing.draw(msg);
      this._sayWhatItIs();
    } else {
      super.onUpdateRequest(msg);
    }
    this._wasDrawn.emit();
  }

  /** Draw the rows again after a change of size: more may be seen. */
  override onResize(msg: Parameters<DirListing['onResize']>[0]): void {
    const width = msg.width === -1 ? this.node.clientWidth : msg.width;
    if (this._isVirtual && this._columns.fit(width)) {
      this.setColumnVisibility(TIMES, this._columns.wantsTimes);
    }
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
    super.setColumnVisibility(name, this._columns.want(name, isVisible));
    this.update(); // JupyterLab's code changes the header alone
  }

  /** Update the rows that are in the page, with our mark in place of JupyterLab's. */
  protected override updateNodes(
    items: Contents.IModel[],
    nodes: HTMLElement[],
    sizeOnly = false
  ): void {
    const [some, drawn] = this._drawnOf(items, nodes);
    super.updateNodes(some, drawn, sizeOnly);
    some.forEach((item, at) => {
      const node = drawn[at];
      if (node) {
        const index = this._drawing.indexOf(item);
        const isSelected = Boolean(this.selection[item.path]);
        this._marks.put(node, item, index, isSelected);
      }
    });
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
    if (!this._isVirtual || !this._keys.press(event)) {
      this._selecting.paths.briefly(() => super.evtKeydown(event));
    }
  }

  /** Select by the mouse. */
  protected override handleFileSelect(event: MouseEvent): void {
    this._selecting.paths.briefly(() => super.handleFileSelect(event));
  }

  /** Upload what is dropped from the desktop. */
  protected override evtNativeDrop(event: DragEvent): void {
    this._drops.takeNative(event);
  }

  /** Take files of a Jupyter browser anywhere in the list. */
  protected override evtDragEnter(event: Drag.Event): void {
    this._drops.enter(event);
  }

  /** Show where a drop would go: a folder's row, or the folder that is shown. */
  protected override evtDragOver(event: Drag.Event): void {
    this._drops.over(event);
  }

  /** Show no target any more. */
  protected override evtDragLeave(event: Drag.Event): void {
    this._drops.leave(event);
  }

  /** Bring dragged files here. */
  protected override evtDrop(event: Drag.Event): void {
    this._drops.take(event);
  }

  /** Change what is shown, if it may be. */
  private _change(
    change: (hooks: IListingHooks) => Promise<void>
  ): Promise<void> {
    const { hooks } = this;
    return hooks?.mayChange() ? change(hooks) : Promise.resolve();
  }

  /** Come before JupyterLab's own code where that would go through all rows. */
  private _connect(): void {
    const core = this._core;
    this._drawing.connect();
    this._selecting.connect();
    this._renaming.connect();
    core._selectItemByName = (name, focus = false) =>
      this._selectPath(`${this.model.path}/${name}`, focus);
    giveNamesRoom(core);
    this.model.refreshed.disconnect(core._onModelRefreshed, this);
    this.model.refreshed.connect(this._take, this);
    this.contentNode.tabIndex = -1;
  }

  /** Show the model's rows; what was selected and is there yet stays so. */
  private _take(): void {
    const rows = this._rows.shown as Contents.IModel[];
    if (rows !== this._core._sortedItems && !this._renaming.holds(rows)) {
      exchange(this._core, rows);
      this._selecting.keep(rows);
    }
    this.update();
  }

  /** What renaming asks of this list. */
  private _renamed(): IRenamed {
    const rows = this._rows;
    return {
      path: () => rows.path,
      mayChange: () => this.hooks?.mayChange() !== false,
      standIn: folder => {
        this._model = folder === null ? rows : seenAt(rows, folder);
      },
      show: () => {
        if (!this.isDisposed) {
          this._take();
        }
      }
    };
  }

  /** Say to those who do not see it what the list is. */
  private _sayWhatItIs(): void {
    const { contentNode: node } = this;
    node.setAttribute('role', this._rows.isTree ? 'treegrid' : 'grid');
    node.setAttribute('aria-multiselectable', 'true');
  }

  /** Of all rows those in the page. */
  private _drawnOf(
    items: Contents.IModel[],
    nodes: HTMLElement[]
  ): [Contents.IModel[], HTMLElement[]] {
    return this._isVirtual
      ? this._drawing.drawnOf(items, nodes)
      : [items, nodes];
  }

  private _core: ICore;
  private _rows: CtaModel;
  private _isVirtual: boolean;
  private _marks: RowMarks;
  private _selecting: Selecting;
  private _drawing: Drawing;
  private _drops: Drops;
  private _twisties: Twisties;
  private _keys: Keys;
  private _renaming: Renaming;
  private _columns = new Columns();
  private _wasDrawn = new Signal<this, void>(this);
}

/** The namespace of `VirtualDirListing`'s statics. */
export namespace VirtualDirListing {
  /** How a listing is constructed. */
  export interface IOptions extends DirListing.IOptions {
    /** The model. */
    model: CtaModel;
  }
}
