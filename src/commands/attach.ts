/** “Use in Notebook”: a variable of the notebook's kernel for a remote file or folder. */

import { InputDialog, showErrorMessage } from '@jupyterlab/apputils';
import { notebookIcon } from '@jupyterlab/ui-components';

import { isVariable, variableOf } from '../attach';
import type { Handles } from '../handles';
import { nameOf, placeOf } from '../paths';
import type { CommandContext, ICommand } from './context';
import { openNotebook } from './insert';

/** The command. */
export function attachCommands(context: CommandContext): ICommand[] {
  const { trans } = context;
  const handles = (): Handles | undefined => {
    const notebook = openNotebook(context);
    return notebook ? context.handles.of(notebook) : undefined;
  };
  return [
    {
      id: 'ctadata:use-in-notebook',
      label: trans.__('Use in Notebook…'),
      caption: trans.__('Give the open notebook a variable for this'),
      icon: notebookIcon,
      inPalette: true,
      isEnabled: () => context.single !== null && handles() !== undefined,
      execute: async () => {
        const [to, item] = [handles(), context.single];
        if (to && item) {
          await use(context, to, item.path);
        }
      }
    }
  ];
}

/** Ask for the variable's name, then attach. */
async function use(
  { trans }: CommandContext,
  handles: Handles,
  path: string
): Promise<void> {
  const place = placeOf(path);
  const file = nameOf(place.path) || place.source;
  const { value } = await InputDialog.getText({
    title: trans.__('Use in Notebook'),
    label: trans.__('Variable for “%1”:', file),
    text: variableOf(file),
    okLabel: trans.__('Use')
  });
  if (value === null) {
    return;
  }
  const name = value.trim();
  if (isVariable(name)) {
    await handles.add({ name, ...place });
    return;
  }
  await showErrorMessage(
    trans.__('Use in Notebook'),
    trans.__(
      '“%1” cannot be the name of a variable here: letters, digits and _ can, if Python has no other use for it.',
      name
    )
  );
}
