/** More about one file or folder: what is known, what is inside, whether a local copy is the same. */

import { Clipboard } from '@jupyterlab/apputils';
import { FileDialog } from '@jupyterlab/filebrowser';

import { bytes } from '../format';
import { pathOf, placeOf, trim, WORKSPACE } from '../paths';
import type { IPlace } from '../paths';
import { asServerError } from '../request';
import { verify as compare } from '../verify';
import { showDetails } from '../widgets/details';
import type { IVerdict } from '../widgets/details';
import type { ICtaModel } from '../wire';
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
    const model: ICtaModel = await drive.get(item.path, { content: false });
    const source = context.sources.find(place.source);
    const tools = {
      measure: () => measuring.amount(),
      verify: (tell: (words: string) => void) => verify(context, place, tell),
      copy: (text: string) => Clipboard.copyToSystem(text)
    };
    await showDetails(model, place, source, tools, trans);
  } catch (reason) {
    context.panel.tell(reason);
  } finally {
    measuring.stop();
  }
}

async function verify(
  context: CommandContext,
  place: IPlace,
  tell: (words: string) => void
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
  tell(trans.__('Comparing…'));
  try {
    const { same, theirs, size } = await compare(
      place,
      local,
      drive.serverSettings,
      done => tell(trans.__('%1 compared…', bytes(done)))
    );
    const algorithm = theirs?.split(':')[0];
    const proof = algorithm
      ? trans.__('%1 checked', algorithm)
      : trans.__('only the size compared: the storage has no checksum');
    return {
      isSame: same,
      words: same
        ? trans.__('“%1” is the same (%2).', pathOf(local), proof)
        : trans.__(
            '“%1” differs: it has %2 bytes and other contents.',
            pathOf(local),
            size.toLocaleString()
          )
    };
  } catch (reason) {
    const { message, hint } = asServerError(reason);
    return { isSame: false, words: `${message} ${hint}` };
  }
}
