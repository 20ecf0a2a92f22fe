/** The dialog that says what a deletion takes away. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { bytes } from '../format';
import { wordToDelete } from '../guard';
import { nameOf, placeOf } from '../paths';
import { askGuarded, GuardedBody } from '../widgets/guarded';
import type { CommandContext } from './context';
import { Measuring } from './measure';
import type { ISelected } from './measure';

/** How many names are listed. */
const MOST = 8;

/** The dialog's body: the names, and how much they hold once that is known. */
class DeleteBody extends GuardedBody {
  constructor(
    from: ISelected,
    sizes: Map<string, string>,
    where: string,
    trans: TranslationBundle
  ) {
    super(trans);
    this._from = from;
    this._sizes = sizes;
    this._where = where;
    this.addClass('ctadata-Delete');
  }

  /** Show what is known of the amount. */
  tell(amount: string): void {
    this._amount = amount;
    this.isReady = true;
  }

  protected words(): JSX.Element {
    const { paths } = this._from;
    const { trans } = this;
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
  private _amount = '';
}

/**
 * Ask whether to delete, with counts and sizes; on production storage a folder that holds something has to be named.
 *
 * #### Notes
 * The button works as soon as the amount is known, or cannot be known.
 */
export async function confirmDelete(
  context: CommandContext,
  from: ISelected
): Promise<boolean> {
  const { selection, trans } = context;
  const source = context.sources.find(from.source);
  if (!context.options.values.confirmDelete && !source?.production) {
    return true;
  }
  const sizes = new Map(
    selection.map(item => [placeOf(item.path).path, bytes(item.size)])
  );
  const doomed = selection.map(({ name, type }) => ({
    name,
    isFolder: type === 'directory'
  }));
  const body = new DeleteBody(from, sizes, source?.title ?? from.source, trans);
  body.word = wordToDelete(source, doomed, null);
  const measuring = new Measuring(context, from);
  void measuring.amount().then(amount => {
    const { files } = measuring;
    const single = doomed.filter(one => !one.isFolder).length;
    const inside = files === null ? null : files - single;
    body.word = wordToDelete(source, doomed, inside);
    body.tell(amount);
  });
  const count = from.paths.length;
  const isSure = await askGuarded(
    body,
    trans._n('Delete %1 item?', 'Delete %1 items?', count),
    trans.__('Delete Permanently')
  );
  measuring.stop();
  return isSure;
}
