/** Code for a notebook: put into a cell, or into the clipboard. */

import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import { codeIcon } from '@jupyterlab/ui-components';
import { Menu } from '@lumino/widgets';
import type { CommandRegistry } from '@lumino/commands';

import { insertCode, isNotebook, spotAt, spotOfActive } from '../notebook';
import type { INotebookWidget, ISpot } from '../notebook';
import { isOurs, nameOf, placeOf } from '../paths';
import { joined, recipesFor, render } from '../snippets';
import type { IRecipe } from '../snippets';
import { takeDrags } from '../widgets/dragdrop';
import type { CommandContext, ICommand } from './context';

/** What code is written for. */
interface ISubject {
  path: string;
  isFolder: boolean;
}

/** The commands for code. */
export function insertCommands(context: CommandContext): ICommand[] {
  const { trans } = context;
  return [
    {
      id: 'ctadata:insert-code',
      label: trans.__('Insert Code in Notebook'),
      caption: trans.__('Code that reads the selected file, in a cell'),
      icon: codeIcon,
      inPalette: true,
      isEnabled: () =>
        context.selection.length > 0 && openNotebook(context) !== null,
      execute: () => insertFor(context, context.selection)
    },
    {
      id: 'ctadata:copy-code',
      label: trans.__('Copy Code for a Notebook'),
      icon: codeIcon,
      inPalette: true,
      isEnabled: () => context.selection.length > 0,
      execute: () => copyFor(context, context.selection)
    }
  ];
}

/** Put code that reads files into the notebook that is open; a menu chooses where there are several ways. */
export function insertFor(
  context: CommandContext,
  items: readonly Contents.IModel[]
): void {
  const notebook = openNotebook(context);
  const row = context.panel.browser.rows.node.querySelector(
    '.jp-DirListing-item.jp-mod-selected'
  );
  const box = (row ?? context.panel.node).getBoundingClientRect();
  if (notebook) {
    offer(
      context,
      subjectsFrom(items),
      { x: box.left + 40, y: box.bottom },
      code => insertCode(notebook, spotOfActive(notebook), code)
    );
  }
}

/** Put code that reads files into the clipboard. */
export function copyFor(
  context: CommandContext,
  items: readonly Contents.IModel[]
): void {
  const subjects = subjectsFrom(items);
  const [recipe] = recipesOf(context, subjects);
  Clipboard.copyToSystem(codeOf(context, subjects, recipe));
  Notification.info(
    context.trans.__('The code is in the clipboard; paste it in a cell.'),
    { autoClose: 2000 }
  );
}

/** Files of ours that are dragged onto a notebook become code. */
export function takeDropsOnNotebooks(context: CommandContext): void {
  const found = (event: MouseEvent): [INotebookWidget, ISpot] | null => {
    for (const widget of context.documents()) {
      const spot = isNotebook(widget) ? spotAt(widget, event) : null;
      if (spot && isNotebook(widget)) {
        return [widget, spot];
      }
    }
    return null;
  };
  takeDrags(document, (event, paths) => {
    if (!paths.every(isOurs)) {
      return null;
    }
    const [notebook, spot] = found(event) ?? [null, null];
    return notebook && spot
      ? {
          node: spot.node,
          drop: (_, { clientX: x, clientY: y }) =>
            offer(context, subjectsOf(context, paths), { x, y }, code =>
              insertCode(notebook, spot, code)
            )
        }
      : null;
  });
}

/** Let the user choose among the ways that fit, if there are several. */
function offer(
  context: CommandContext,
  subjects: ISubject[],
  at: { x: number; y: number },
  insert: (code: string) => void
): void {
  const recipes = recipesOf(context, subjects);
  if (recipes.length === 1) {
    insert(codeOf(context, subjects, recipes[0]));
    return;
  }
  const commands: CommandRegistry = context.newCommands();
  const menu = new Menu({ commands });
  menu.addClass('ctadata-Recipes');
  recipes.forEach((recipe, n) => {
    const command = `recipe-${n}`;
    commands.addCommand(command, {
      label: titleOf(recipe, context),
      describedBy: { args: { type: 'object', properties: {} } },
      icon: n === 0 ? codeIcon : undefined,
      execute: () => insert(codeOf(context, subjects, recipe))
    });
    menu.addItem({ command });
  });
  menu.aboutToClose.connect(() => {
    // the chosen command runs after the menu has closed
    window.setTimeout(() => menu.dispose(), 1000);
  });
  menu.open(at.x, at.y);
  menu.activeIndex = 0;
}

/** What the menu calls a way. */
function titleOf({ name }: IRecipe, { trans }: CommandContext): string {
  switch (name) {
    case 'get':
      return trans.__('Download with ctadata');
    case 'list':
      return trans.__('List the folder');
    case 'text':
      return trans.__('Read as text');
    default:
      return name;
  }
}

/** The ways that fit all subjects. */
function recipesOf(context: CommandContext, subjects: ISubject[]): IRecipe[] {
  const own = context.options.values.snippets;
  const [first, ...rest] = subjects.map(({ path, isFolder }) =>
    recipesFor(nameOf(path), isFolder, own)
  );
  const all = (first ?? []).filter(recipe =>
    rest.every(recipes => recipes.includes(recipe))
  );
  return all.length ? all : (first ?? []).slice(-1);
}

function codeOf(
  context: CommandContext,
  subjects: ISubject[],
  recipe: IRecipe
): string {
  return joined(
    subjects.map(({ path, isFolder }) => {
      const place = placeOf(path);
      const source = context.sources.find(place.source);
      const isDev = source ? !source.production && source.twin !== null : false;
      return render(recipe, place, { isFolder, isDev });
    })
  );
}

function subjectsFrom(items: readonly Contents.IModel[]): ISubject[] {
  return items.map(({ path, type }) => ({
    path,
    isFolder: type === 'directory'
  }));
}

/** What dragged paths are: they come from the rows that are shown. */
function subjectsOf(context: CommandContext, paths: string[]): ISubject[] {
  const folders = new Set<string>();
  for (const item of context.panel.model.shown) {
    if (item.type === 'directory') {
      folders.add(item.path);
    }
  }
  return paths.map(path => ({ path, isFolder: folders.has(path) }));
}

/** The notebook that was used last, if it is still there. */
export function openNotebook(context: CommandContext): INotebookWidget | null {
  const { current } = context;
  if (isNotebook(current)) {
    return current;
  }
  for (const widget of context.documents()) {
    if (isNotebook(widget) && widget.isVisible) {
      return widget;
    }
  }
  return null;
}
