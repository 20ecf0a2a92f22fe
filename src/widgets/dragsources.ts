/** The storages as places for a drag: a list that a rest on the picker opens. */

import type { ISource } from '../wire';

/** What one of them is, for those who look for it below the pointer. */
export const DRAG_SOURCE = 'ctadata-DragSource';

/**
 * Show the storages below the picker until the drag ends.
 *
 * #### Notes
 * A browser does not open a picker during a drag.
 */
export function showDragSources(
  panel: HTMLElement,
  picker: Element,
  sources: readonly ISource[]
): void {
  panel.querySelector('.ctadata-DragSources')?.remove();
  const list = document.createElement('ul');
  list.className = 'ctadata-DragSources';
  for (const source of sources) {
    const item = document.createElement('li');
    item.className = DRAG_SOURCE;
    item.dataset.source = source.name;
    item.textContent = source.title;
    list.append(item);
  }
  const [box, frame] = [picker, panel].map(one => one.getBoundingClientRect());
  list.style.top = `${box.bottom - frame.top}px`;
  list.style.left = `${box.left - frame.left}px`;
  panel.append(list);
  const types = ['pointerup', 'keydown'] as const;
  const close = (): void => {
    types.forEach(type => window.removeEventListener(type, close, true));
    // The drop itself comes first, and may be on the list.
    window.setTimeout(() => list.remove(), 0);
  };
  types.forEach(type => window.addEventListener(type, close, true));
}
