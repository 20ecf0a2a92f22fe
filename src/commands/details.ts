/** More about one file or folder: what is known, what is inside, whether a local copy is the same. */

import { Clipboard, Notification } from '@jupyterlab/apputils';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';

import { bytes } from '../format';
import { dialogs } from '../later';
import { placeOf, trim, WORKSPACE } from '../paths';
import type { IPlace } from '../paths';
import { asServerError } from '../request';
import { verify as compare } from '../verify';
import type { IVerdict } from '../widgets/details';
import type { ICtaModel, IComparison } from '../wire';
import type { CommandContext } from './context';
import { workspaceFolder } from './download';
import { Measuring } from './measure';

/** Show the details of the selected row. */
export async function details(context: CommandContext): Promise<void> {
  const item = context.single;
  if (!item) {
    return;
  }
  const place = placeOf(item.path);
  const { drive, trans } = context;
  const from = { source: place.source, paths: [place.path] };
  const measuring = new Measuring(context, from);
  try {
    const { showDetails } = await dialogs();
    const model: ICtaModel = await drive.get(item.path, { content: false });
    const source = context.sources.find(place.source);
    let verdict: IVerdict | null = null;
    const tools = () => ({
      measure: () => measuring.amount(),
      copy: (text: string) => Clipboard.copyToSystem(text),
      verdict
    });
    while (await showDetails(model, place, source, tools(), trans)) {
      verdict = (await verify(context, place)) ?? verdict;
    }
  } catch (reason) {
    context.panel.tell(reason);
  } finally {
    measuring.stop();
  }
}

/** Have the user choose a local copy and compare it; null if the user chose none. */
async function verify(
  context: CommandContext,
  place: IPlace
): Promise<IVerdict | null> {
  const { trans, drive } = context;
  const { button, value } = await FileDialog.getOpenFiles({
    manager: context.docManager,
    title: trans.__('Which file is the copy?'),
    defaultPath: trim(workspaceFolder(context).path)
  });
  const copy = value?.[0];
  if (!button.accept || !copy) {
    return null;
  }
  const local = { source: WORKSPACE, path: '/' + trim(copy.path) };
  const comparing = trans.__('Comparing “%1”…', copy.name);
  const id = Notification.emit(comparing, 'in-progress', { autoClose: false });
  const tell = (done: number): void => {
    const message = `${comparing} ${bytes(done)}`;
    Notification.update({ id, message });
  };
  try {
    const settings = drive.serverSettings;
    const found = await compare(place, local, settings, tell);
    return { isSame: found.same, words: wordsOf(found, copy.name, trans) };
  } catch (reason) {
    const { message, hint } = asServerError(reason);
    return { isSame: false, words: `${message} ${hint}` };
  } finally {
    Notification.dismiss(id);
  }
}

function wordsOf(
  { same, theirs, size }: IComparison,
  name: string,
  trans: TranslationBundle
): string {
  if (!same) {
    const count = size.toLocaleString();
    return trans.__('“%1” (%2 bytes) is not the same.', name, count);
  }
  const algorithm = theirs?.split(':')[0];
  return algorithm
    ? trans.__('“%1” is the same: %2 checked.', name, algorithm)
    : trans.__(
        '“%1” has the same size; the storage has no checksum to compare.',
        name
      );
}
