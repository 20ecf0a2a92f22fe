/** The menu of places: my folder, bookmarks, recent folders. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

import { pathOf } from '../paths';
import type { IPlace } from '../paths';
import type { Places } from '../places';
import type { ISource } from '../wire';

/** What the menu offers. */
export interface IPlacesMenuOptions {
  places: Places;
  here: IPlace;
  current: ISource | undefined;
  trans: TranslationBundle;
  /** What a source is called. */
  titleOf(name: string): string;
  /** Goes there. */
  go(place: IPlace): void;
  /** Does something else. */
  act(item: MenuItem): void;
}

/** What the menu offers besides places. */
export type MenuItem = 'go-to' | 'add-source' | 'edit-source' | 'remove-source';

/** Open the menu below a button. */
export function openPlacesMenu(
  button: HTMLElement,
  options: IPlacesMenuOptions
): Menu {
  const menu = new Menu({ commands: new CommandRegistry() });
  menu.addClass('ctadata-PlacesMenu');
  fill(menu, options);
  menu.aboutToClose.connect(() => {
    button.setAttribute('aria-expanded', 'false');
    window.setTimeout(() => menu.dispose(), 0);
  });
  button.setAttribute('aria-expanded', 'true');
  const { left, bottom } = button.getBoundingClientRect();
  menu.open(left, bottom);
  return menu;
}

function fill(menu: Menu, options: IPlacesMenuOptions): void {
  const { places, here, current, trans } = options;
  const add = (label: string, execute: () => void, caption = ''): void => {
    const command = `item-${menu.items.length}`;
    const describedBy = { args: { type: 'object', properties: {} } };
    menu.commands.addCommand(command, { label, caption, describedBy, execute });
    menu.addItem({ command });
  };
  const addPlace = (place: IPlace): void =>
    add(labelOf(place, options), () => options.go(place), pathOf(place));
  const home = current?.home || '/';
  add(trans.__('My Folder'), () => {
    options.go({ source: here.source, path: home });
  });
  add(trans.__('Go to Path…'), () => options.act('go-to'));
  menu.addItem({ type: 'separator' });
  add(
    places.has(here)
      ? trans.__('Remove the Bookmark of This Folder')
      : trans.__('Bookmark This Folder'),
    () => void places.toggle(here)
  );
  places.bookmarks.forEach(addPlace);
  const recent = places.recent(here);
  if (recent.length) {
    menu.addItem({ type: 'separator' });
    recent.forEach(addPlace);
  }
  menu.addItem({ type: 'separator' });
  add(trans.__('Add a Storage…'), () => options.act('add-source'));
  if (current && !current.traits.local) {
    const { title } = current;
    add(trans.__('Edit “%1”…', title), () => options.act('edit-source'));
    add(trans.__('Remove “%1”…', title), () => options.act('remove-source'));
  }
}

/** The end of a long path, which is what tells places apart. */
function labelOf(place: IPlace, options: IPlacesMenuOptions): string {
  const path =
    place.path.length > 44 ? `…${place.path.slice(-43)}` : place.path;
  return `${options.titleOf(place.source)}  ${path}`;
}
