/** The grip of a row, by which a file is dragged out of the browser's window. */

import type { IDisposable } from '@lumino/disposable';
import { DisposableDelegate } from '@lumino/disposable';

import type { IHandle } from '../wire';

/** What the grip needs to know, and whom it tells. */
export interface IGripHooks {
  /** What the grip says. */
  title: string;
  /** What a row, or the selection it is in, holds now: its node may come to be another's. */
  held(row: HTMLElement): string;
  /** The address of that. */
  handle(row: HTMLElement): Promise<IHandle>;
  /** Save that on the user's computer. */
  save(row: HTMLElement): void;
  /** Tell why there is no address. */
  fail(reason: unknown): void;
}

/**
 * Show a grip at the row under the pointer.
 *
 * #### Notes
 * JupyterLab's rows are dragged inside the page only. The grip is dragged by
 * the browser itself, which (as Chromium does) fetches the file when it is
 * dropped on the desktop. The address has to be known when the drag begins, so
 * it is asked for as soon as the pointer reaches the grip.
 */
export function addGrip(list: HTMLElement, hooks: IGripHooks): IDisposable {
  const grip = document.createElement('div');
  grip.className = 'ctadata-Grip';
  grip.draggable = true;
  grip.title = hooks.title;
  grip.setAttribute('aria-hidden', 'true'); // the menu does the same
  grip.hidden = true;
  list.parentElement?.append(grip);
  let row: HTMLElement | null = null;
  let ready: { handle: IHandle; held: string } | null = null;
  let isHeld = false;

  const place = (event: Event): void => {
    const over = (event.target as Element).closest<HTMLElement>(
      '.jp-DirListing-item'
    );
    if (over && over !== row) {
      row = over;
      ready = null;
      const frame = grip.parentElement?.getBoundingClientRect();
      const box = over.getBoundingClientRect();
      grip.style.top = `${box.top - (frame?.top ?? 0)}px`;
      grip.style.height = `${box.height}px`;
    }
    grip.hidden = !over;
  };
  const hide = (): void => {
    if (!isHeld) {
      grip.hidden = true;
      row = ready = null;
    }
  };
  const release = (): void => {
    isHeld = false;
  };
  const prepare = (): void => {
    const held = row && hooks.held(row);
    if (row && held !== null && ready?.held !== held) {
      ready = null;
      hooks.handle(row).then(
        handle => (ready = { handle, held }),
        reason => hooks.fail(reason)
      );
    }
  };
  const begin = (event: DragEvent): void => {
    const isIt = row !== null && ready?.held === hooks.held(row);
    if (!ready || !isIt || !event.dataTransfer) {
      event.preventDefault();
      if (ready) {
        prepare();
      }
      return;
    }
    event.dataTransfer.effectAllowed = 'copy';
    event.dataTransfer.setData('DownloadURL', downloadUrl(ready.handle));
  };
  const leave = (event: MouseEvent): void => {
    if (event.relatedTarget !== grip) {
      hide();
    }
  };
  list.addEventListener('mouseover', place);
  list.addEventListener('scroll', hide);
  list.addEventListener('mouseleave', leave);
  grip.addEventListener('mouseenter', prepare);
  grip.addEventListener('mouseleave', event => {
    if (!list.contains(event.relatedTarget as Node | null)) {
      hide();
    }
  });
  grip.addEventListener('dragstart', begin);
  grip.addEventListener('dragend', () => {
    release();
    hide();
  });
  grip.addEventListener('mousedown', event => {
    // a quick hand has left the grip before the drag begins
    isHeld = true;
    event.stopPropagation();
  });
  window.addEventListener('mouseup', release);
  grip.addEventListener('click', event => {
    event.stopPropagation();
    if (row) {
      hooks.save(row);
    }
  });
  return new DisposableDelegate(() => {
    window.removeEventListener('mouseup', release);
    list.removeEventListener('mouseover', place);
    list.removeEventListener('scroll', hide);
    list.removeEventListener('mouseleave', leave);
    grip.remove();
  });
}

/**
 * What Chromium wants to know of a file that is dragged out: `type:name:URL`.
 *
 * #### Notes
 * A colon would end the name early.
 */
export function downloadUrl(handle: IHandle): string {
  const type = handle.zip ? 'application/zip' : 'application/octet-stream';
  const url = new URL(handle.url, window.location.href).href;
  return `${type}:${handle.name.replace(/:/g, '_')}:${url}`;
}
