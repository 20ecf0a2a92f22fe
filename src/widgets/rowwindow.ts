/** Which rows of a long list are in the page. */

/** How many rows are drawn above and below those that can be seen. */
const MARGIN = 10;

/** How far the list may be scrolled before other rows are drawn. */
const SLACK = 4;

/** How many rows are drawn where nobody can tell how many can be seen. */
const UNKNOWN = 60;

/**
 * The rows that are in the page, and the space where the others would be.
 *
 * #### Notes
 * A row that leaves the window at one end comes back at the other: only what
 * is new is drawn when the list is scrolled.
 */
export class RowWindow {
  /** Construct the window of a list, which has no row yet. */
  constructor() {
    this._above.className = this._below.className = 'ctadata-spacer';
    [this._above, this._below].forEach(spacer =>
      spacer.setAttribute('aria-hidden', 'true')
    );
    // JupyterLab looks for the row below the pointer among all nodes.
    const nowhere = this.elsewhere.getBoundingClientRect();
    this.elsewhere.getBoundingClientRect = () => nowhere;
    this.elsewhere.contains = () => false;
  }

  /** What stands for every row that is not in the page; it lies nowhere. */
  readonly elsewhere = document.createElement('li');

  /** The rows in the page, from top to bottom. */
  readonly nodes: HTMLElement[] = [];

  /** The index of the first row in the page. */
  get start(): number {
    return this._start;
  }

  /** The index after that of the last. */
  get end(): number {
    return this._start + this.nodes.length;
  }

  /** How high a row is, in px. */
  get rowHeight(): number {
    return this._height;
  }

  /** Whether a row is in the page. */
  has(index: number): boolean {
    return index >= this.start && index < this.end;
  }

  /** Look how high a row is: before anything is drawn, for it may make the browser lay out the page. */
  measure(): void {
    this._height = this.nodes[0]?.offsetHeight || this._height;
  }

  /** The rows that should be in the page: those that can be seen, or those around one. */
  wanted(
    content: HTMLElement,
    count: number,
    around?: number
  ): [start: number, size: number] {
    const height = this._height;
    const seen = Math.ceil(content.clientHeight / height) || UNKNOWN;
    const size = Math.min(count, seen + 2 * MARGIN);
    const first = around ?? Math.floor(content.scrollTop / height);
    return [Math.max(0, Math.min(first - MARGIN, count - size)), size];
  }

  /** Whether the list was scrolled so far that other rows should be drawn. */
  hasMoved(content: HTMLElement, count: number): boolean {
    const [start, size] = this.wanted(content, count);
    const isEdge = start === 0 || start + size === count;
    const isFar = Math.abs(start - this._start) >= MARGIN - SLACK;
    return start !== this._start && (isFar || isEdge);
  }

  /** Begin at another row; the nodes of rows that stay in the page stay theirs. */
  moveTo(start: number): void {
    const by = start - this._start;
    const { nodes } = this;
    this._start = start;
    if (Math.abs(by) >= nodes.length) {
      return;
    }
    if (by > 0) {
      const gone = nodes.splice(0, by);
      nodes[nodes.length - 1].after(...gone);
      nodes.push(...gone);
    } else if (by < 0) {
      const gone = nodes.splice(by);
      nodes[0].before(...gone);
      nodes.unshift(...gone);
    }
  }

  /** A node for each of all rows. */
  all(count: number): HTMLElement[] {
    const all = new Array<HTMLElement>(count).fill(this.elsewhere);
    this.nodes.forEach((node, k) => (all[this._start + k] = node));
    return all;
  }

  /** Put space where the other rows would be. */
  space(content: HTMLElement, count: number): void {
    const after = Math.max(0, count - this.end);
    this._above.style.height = `${this._start * this._height}px`;
    this._below.style.height = `${after * this._height}px`;
    if (content.firstChild !== this._above) {
      content.prepend(this._above);
    }
    if (content.lastChild !== this._below) {
      content.append(this._below);
    }
  }

  private _start = 0;
  private _height = 24;
  private _above = document.createElement('li');
  private _below = document.createElement('li');
}
