/** What else can be done with a file that is not opened: it is too large, or on tape. */

import { Dialog } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';

import { bytes } from '../format';
import type { CommandContext } from './context';
import { downloadTo } from './download';
import { copyFor, insertFor, openNotebook } from './insert';
import { showBeginning } from './preview';
import { mayStage, stage } from './tape';

/** What a button says, and does. */
type Way = [label: string, take: () => unknown];

/** Say that a file is too large to open, and offer its beginning, a download, or code. */
export async function offerInsteadOfLarge(
  context: CommandContext,
  item: Contents.IModel
): Promise<void> {
  const { trans } = context;
  const text = trans.__(
    '“%1” has %2; at most %3 are opened here.',
    item.name,
    bytes(item.size),
    bytes(context.drive.openLimit)
  );
  const code: Way = openNotebook(context)
    ? [trans.__('Insert Code'), () => insertFor(context, [item])]
    : [trans.__('Copy Code'), () => copyFor(context, [item])];
  await offer(context, trans.__('Too large to open'), text, [
    code,
    [trans.__('Show the Beginning'), () => showBeginning(context, item)],
    [trans.__('Copy to Workspace…'), () => downloadTo(context, [item])]
  ]);
}

/** Say that a file is not on disk, and offer a copy, which waits for it, or to have it brought there from tape. */
export async function offerInsteadOfTape(
  context: CommandContext,
  item: Contents.IModel
): Promise<void> {
  const { trans } = context;
  const copy: Way = [
    trans.__('Copy to Workspace…'),
    () => downloadTo(context, [item])
  ];
  if (!mayStage(context)) {
    const text = trans.__(
      '“%1” is not on disk yet. A copy to the workspace waits until it is.',
      item.name
    );
    await offer(context, trans.__('Not on disk yet'), text, [copy]);
    return;
  }
  const text = trans.__(
    '“%1” is on tape. It can be opened once it is on disk, which takes minutes to hours. A copy to the workspace waits by itself.',
    item.name
  );
  await offer(context, trans.__('On tape'), text, [
    [trans.__('Bring to Disk'), () => stage(context, [item])],
    copy
  ]);
}

/** Let the user choose one of some ways, or none. */
async function offer(
  { trans }: CommandContext,
  title: string,
  body: string,
  ways: Way[]
): Promise<void> {
  const dialog = new Dialog({
    title,
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      ...ways.map(([label], n) =>
        Dialog.createButton({ label, actions: [String(n)], accept: true })
      )
    ]
  });
  dialog.addClass('ctadata-Instead');
  const { button } = await dialog.launch();
  if (button.accept) {
    await ways[Number(button.actions[0])][1]();
  }
}
