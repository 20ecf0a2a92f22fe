/** The dialog that says what a deletion takes away. */

import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { bytes } from '../format';
import { nameOf, placeOf } from '../paths';
import type { CommandContext } from './context';
import { Measuring } from './measure';
import type { ISelected } from './measure';

/** How many names are listed. */
const MOST = 8;

/** The dialog's body: the names, and how much they hold once that is known. */
class DeleteBody extends ReactWidget {
  constructor(
    from: ISelected,
    sizes: Map<string, string>,
    where: string,
    trans: TranslationBundle
  ) {
    super();
    this._from = from;
    this._sizes = sizes;
    this._where = where;
    this._trans = trans;
    this.addClass('ctadata-Delete');
  }

  /** What is known of the amount. */
  set amount(value: string) {
    this._amount = value;
    this.update();
  }

  protected render(): JSX.Element {
    const { paths } = this._from;
    const trans = this._trans;
    const more = paths.length - MOST;
    return (
      <>
        <p>
          {trans.__(
            'This deletes permanently from %1. There is no trash.',
            this._where
          )}
        </p>
        <ul>
          {paths.slice(0, MOST).map(path => (
            <li key={path} title={path}>
              {nameOf(path)}{' '}
              <span className="ctadata-Delete-size">
                {this._sizes.get(path)}
              </span>
            </li>
          ))}
          {more > 0 && <li>{trans._n('and %1 more', 'and %1 more', more)}</li>}
        </ul>
        <p className="ctadata-Delete-amount" aria-live="polite">
          {this._amount || trans.__('Counting what is inside…')}
        </p>
      </>
    );
  }

  private _from: ISelected;
  private _sizes: Map<string, string>;
  private _where: string;
  private _trans: TranslationBundle;
  private _amount = '';
}

/**
 * Ask whether to delete, with counts and sizes.
 *
 * #### Notes
 * The button works as soon as the amount is known, or cannot be known.
 */
export async function confirmDelete(
  context: CommandContext,
  from: ISelected
): Promise<boolean> {
  const { trans } = context;
  const source = context.sources.find(from.source);
  if (!context.options.values.confirmDelete && !source?.production) {
    return true;
  }
  const sizes = new Map(
    context.selection.map(item => [placeOf(item.path).path, bytes(item.size)])
  );
  const where = source?.title ?? from.source;
  const body = new DeleteBody(from, sizes, where, trans);
  const dialog = new Dialog({
    title: trans._n('Delete %1 item?', 'Delete %1 items?', from.paths.length),
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Delete Permanently') })
    ],
    defaultButton: 0,
    focusNodeSelector: '.jp-mod-reject'
  });
  const accept = dialog.node.querySelector<HTMLButtonElement>(
    'button.jp-mod-accept'
  );
  if (accept) {
    accept.disabled = true;
  }
  const measuring = new Measuring(context, from);
  void measuring.amount().then(amount => {
    body.amount = amount;
    if (accept) {
      accept.disabled = false;
    }
  });
  const { button } = await dialog.launch();
  measuring.stop();
  return button.accept;
}
