/** Putting code into a notebook that is open. */

import type { Widget } from '@lumino/widgets';

/** A cell, as far as code is put into it. */
interface ICell {
  readonly node: HTMLElement;
  readonly model: {
    readonly type: string;
    readonly sharedModel: {
      getSource(): string;
      setSource(source: string): void;
      updateSource(start: number, end: number, text: string): void;
    };
  };
  readonly editor: {
    getPositionForCoordinate(at: object): { line: number } | null;
  } | null;
}

/** A document with a notebook in it, as far as code is put into it. */
export interface INotebookWidget extends Widget {
  readonly content: {
    readonly node: HTMLElement;
    readonly widgets: readonly ICell[];
    activeCellIndex: number;
    readonly model: {
      readonly sharedModel: {
        insertCell(index: number, cell: object): unknown;
      };
    } | null;
  };
}

/** Whether a widget holds a notebook; told by what it has, so that no other version of JupyterLab's classes is needed. */
export function isNotebook(widget: Widget | null): widget is INotebookWidget {
  const content = (widget as Partial<INotebookWidget> | null)?.content;
  return (
    !!content &&
    Array.isArray(content.widgets) &&
    typeof content.activeCellIndex === 'number' &&
    typeof content.model?.sharedModel?.insertCell === 'function'
  );
}

/** Where code goes: a cell, and a line of it; null is the end of the notebook. */
export interface ISpot {
  node: HTMLElement;
  index: number;
  line: number | null;
}

/** The spot of a notebook at a place of the page. */
export function spotAt(
  notebook: INotebookWidget,
  event: MouseEvent
): ISpot | null {
  const { content } = notebook;
  if (!content.node.contains(event.target as Node)) {
    return null;
  }
  const index = content.widgets.findIndex(cell =>
    cell.node.contains(event.target as Node)
  );
  const cell = content.widgets[index];
  if (!cell) {
    return { node: content.node, index: content.widgets.length, line: null };
  }
  const { clientX: left, clientY: top } = event;
  const at = { left, right: left, top, bottom: top, width: 0, height: 0 };
  const line =
    cell.model.type === 'code'
      ? (cell.editor?.getPositionForCoordinate(at)?.line ?? null)
      : null;
  return { node: cell.node, index, line };
}

/** The spot of the active cell: the cell if it is empty, else below it. */
export function spotOfActive(notebook: INotebookWidget): ISpot {
  const { content } = notebook;
  const index = content.activeCellIndex;
  return {
    node: content.widgets[index]?.node ?? content.node,
    index: content.widgets[index] ? index : content.widgets.length,
    line: null
  };
}

/**
 * Put code at a spot of a notebook.
 *
 * #### Notes
 * An empty code cell is filled; in another one the code goes below the line of
 * the spot; otherwise it gets a cell of its own, below.
 */
export function insertCode(
  notebook: INotebookWidget,
  spot: ISpot,
  code: string
): void {
  const { content } = notebook;
  const cell = content.widgets[spot.index];
  const text = code.trimEnd();
  const isCode = cell?.model.type === 'code';
  const source = isCode ? cell.model.sharedModel.getSource() : '';
  if (isCode && !source.trim()) {
    cell.model.sharedModel.setSource(text);
    content.activeCellIndex = spot.index;
  } else if (isCode && spot.line !== null) {
    const lines = source.split('\n').slice(0, spot.line + 1);
    const end = lines.join('\n').length;
    cell.model.sharedModel.updateSource(end, end, `\n${text}`);
    content.activeCellIndex = spot.index;
  } else {
    const index = Math.min(spot.index + 1, content.widgets.length);
    content.model?.sharedModel.insertCell(index, {
      cell_type: 'code',
      source: text,
      metadata: { trusted: true }
    });
    content.activeCellIndex = index;
  }
}
