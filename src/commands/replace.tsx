/** The dialog before many files of production storage are replaced. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { wordToReplace } from '../guard';
import type { SourcesModel } from '../sources';
import type { Answer, IJob } from '../wire';
import { askGuarded, GuardedBody } from '../widgets/guarded';
import { answerOf } from '../words';

/** The dialog's body: how many, where, and some of them. */
class ReplaceBody extends GuardedBody {
  constructor(
    private _count: number,
    private _examples: readonly string[],
    private _where: string,
    private _isOlderOnly: boolean,
    trans: TranslationBundle
  ) {
    super(trans);
    this.isReady = true;
  }

  protected words(): JSX.Element {
    const { trans } = this;
    const more = this._count - this._examples.length;
    return (
      <>
        <p>
          {this._isOlderOnly
            ? trans.__(
                'Of these files on %1, those older than the transferred ones will be replaced. Their present contents will be lost.',
                this._where
              )
            : trans.__(
                'These files on %1 will be replaced. Their present contents will be lost.',
                this._where
              )}
        </p>
        <ul>
          {this._examples.map(path => (
            <li key={path}>{path}</li>
          ))}
          {more > 0 && <li>{trans._n('and %1 more', 'and %1 more', more)}</li>}
        </ul>
      </>
    );
  }
}

/** Whether an answer to a job's question may be given: where it replaces much on production storage, the user is asked again. */
export async function confirmAnswer(
  job: IJob,
  answer: Answer,
  sources: SourcesModel,
  trans: TranslationBundle
): Promise<boolean> {
  const { question, to } = job;
  const source = sources.find(to?.source ?? '');
  const count = question?.count ?? 0;
  const word = wordToReplace(source, count);
  if (word === null || (answer !== 'replace' && answer !== 'newer')) {
    return true;
  }
  const examples = question?.examples ?? [];
  const where = source?.title ?? '';
  const isNewer = answer === 'newer';
  const body = new ReplaceBody(count, examples, where, isNewer, trans);
  body.word = word;
  const title = isNewer
    ? trans._n(
        'Replace %1 file if it is older?',
        'Replace those of %1 files that are older?',
        count
      )
    : trans._n('Replace %1 file?', 'Replace %1 files?', count);
  return askGuarded(body, title, answerOf(answer, trans));
}
