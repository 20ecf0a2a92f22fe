/** More about a file or a transfer, as a dialog. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { bytes } from '../format';
import { formsOf } from '../forms';
import type { IForm } from '../forms';
import { isFinal } from '../jobs';
import type { IPlace } from '../paths';
import { asServerError } from '../request';
import type { ICtaModel, IJob, IJobItem, ISource } from '../wire';
import { progressOf, stateOf } from '../words';
import { SpeedLimit } from './speedlimit';

/** A table of names and values; empty values are left out. */
export function Facts(props: {
  rows: [name: string, value: string][];
}): JSX.Element {
  return (
    <table className="ctadata-Facts">
      <tbody>
        {props.rows
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

/** What the dialog can do beside telling. */
export interface IDetailsTools {
  /** Counts what a folder holds; resolves with words. */
  measure(): Promise<string>;
  /** What came of the comparison with a local copy; null if there was none yet. */
  verdict: IVerdict | null;
  /** Copies a text for the user. */
  copy(text: string): void;
}

/** Whether a local copy is what the storage has, in words. */
export interface IVerdict {
  isSame: boolean;
  words: string;
}

/** Show what is known of one file or folder; true if the user wants to verify a local copy of it. */
export async function showDetails(
  model: ICtaModel,
  place: IPlace,
  source: ISource | undefined,
  tools: IDetailsTools,
  trans: TranslationBundle
): Promise<boolean> {
  const { size, ctadata, type, last_modified, created } = model;
  const isFolder = type === 'directory';
  const time = (text: string | undefined): string =>
    text && !text.startsWith('1970-01-01T00:00:00')
      ? new Date(text).toLocaleString()
      : '';
  const rows: [string, string][] = [
    [trans.__('Storage'), source?.title ?? place.source],
    [trans.__('Kind'), isFolder ? trans.__('folder') : trans.__('file')],
    [trans.__('Size'), isFolder ? '' : sizeOf(size, trans)],
    [trans.__('Modified'), time(last_modified)],
    [trans.__('Created'), created === last_modified ? '' : time(created)],
    [trans.__('Where it lies'), localityOf(ctadata?.online ?? null, trans)],
    [trans.__('Checksum'), ctadata?.checksum ?? ''],
    [trans.__('Version (ETag)'), versionOf(ctadata?.version ?? '')]
  ];
  const body = (
    <div className="ctadata-Details">
      <Facts rows={rows} />
      <Forms forms={formsOf(place, source)} copy={tools.copy} trans={trans} />
      {isFolder && <Total measure={tools.measure} trans={trans} />}
      {tools.verdict && <Verdict {...tools.verdict} />}
    </div>
  );
  // One dialog waits for another, so the file is chosen when this one is closed.
  const verify = Dialog.createButton({
    label: trans.__('Verify a Local Copy…'),
    actions: ['verify']
  });
  const close = Dialog.okButton({ label: trans.__('Close') });
  const { button } = await showDialog({
    title: model.name || place.source,
    body: ReactWidget.create(body),
    buttons: isFolder ? [close] : [verify, close],
    defaultButton: isFolder ? 0 : 1
  });
  return button.actions.includes('verify');
}

function Verdict({ isSame, words }: IVerdict): JSX.Element {
  return (
    <p className="ctadata-Details-act" role="status">
      <span className={`ctadata-mod-${isSame ? 'ok' : 'bad'}`}>{words}</span>
    </p>
  );
}

/** All ways to write the path, each to be copied. */
function Forms(props: {
  forms: IForm[];
  copy(text: string): void;
  trans: TranslationBundle;
}): JSX.Element {
  const { forms, copy, trans } = props;
  const names: Record<IForm['kind'], string> = {
    path: trans.__('Path'),
    url: trans.__('Address of the door'),
    pnfs: trans.__('Path in dCache'),
    python: trans.__('For fsspec'),
    jupyter: trans.__('In JupyterLab')
  };
  return (
    <table className="ctadata-Facts ctadata-Forms">
      <tbody>
        {forms.map(({ kind, text }) => (
          <tr key={kind}>
            <th scope="row">{names[kind]}</th>
            <td>
              <code>{text}</code>
            </td>
            <td>
              <button
                className="ctadata-iconButton"
                title={trans.__('Copy')}
                aria-label={trans.__('Copy: %1', names[kind])}
                onClick={() => copy(text)}
              >
                <copyIcon.react tag="span" width="14px" height="14px" />
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How much a folder holds, once it is asked for. */
function Total(props: {
  measure(): Promise<string>;
  trans: TranslationBundle;
}): JSX.Element {
  const { measure, trans } = props;
  const [words, setWords] = React.useState('');
  return (
    <p className="ctadata-Details-act">
      {words ? (
        <span role="status">{words}</span>
      ) : (
        <button
          className="ctadata-answer"
          onClick={() => {
            setWords(trans.__('Counting what is inside…'));
            void measure().then(setWords);
          }}
        >
          {trans.__('Count what is inside')}
        </button>
      )}
    </p>
  );
}

/** What the dialog about a transfer can do beside telling. */
export interface IJobTools {
  /** What happened to it, as text. */
  log(): Promise<string>;
  /** Limits how fast it may be, in bytes a second; null: as fast as it goes. */
  limit(limit: number | null): void;
}

/** A choice of how fast a transfer that has not ended may be. */
function Limit(props: {
  job: IJob;
  onChoose(limit: number | null): void;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, onChoose, trans } = props;
  const [limit, setLimit] = React.useState(job.limit);
  return (
    <p className="ctadata-Details-act">
      <SpeedLimit
        limit={limit}
        label={trans.__('How fast this transfer may be')}
        trans={trans}
        onChoose={chosen => {
          setLimit(chosen);
          onChoose(chosen);
        }}
      />
    </p>
  );
}

/** What happened to a transfer, read when it is unfolded. */
function Log(props: {
  read(): Promise<string>;
  trans: TranslationBundle;
}): JSX.Element {
  const { read, trans } = props;
  const [text, setText] = React.useState<string | null>(null);
  const open = (event: React.SyntheticEvent<HTMLDetailsElement>): void => {
    if (event.currentTarget.open && text === null) {
      setText(trans.__('Reading…'));
      read().then(setText, reason => setText(asServerError(reason).message));
    }
  };
  return (
    <details className="ctadata-JobDetails-log" onToggle={open}>
      <summary>{trans.__('What happened')}</summary>
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}

/** Show how a transfer went, and which of its files failed. */
export async function showJob(
  job: IJob,
  failures: IJobItem[],
  tools: IJobTools,
  trans: TranslationBundle
): Promise<void> {
  const place = (at: { source: string; path?: string } | null): string =>
    at ? `${at.source}:${at.path ?? ''}` : '';
  const rows: [string, string][] = [
    [trans.__('What'), job.title],
    [trans.__('State'), stateOf(job, trans)],
    [trans.__('Progress'), progressOf(job, trans)],
    [trans.__('From'), [job.from.source, ...(job.from.paths ?? [])].join('\n')],
    [trans.__('To'), place(job.to)],
    [trans.__('Begun'), new Date(job.created * 1000).toLocaleString()],
    [
      trans.__('Ended'),
      job.ended ? new Date(job.ended * 1000).toLocaleString() : ''
    ],
    [trans.__('Note'), job.note ?? ''],
    [trans.__('Error'), job.error?.message ?? ''],
    [trans.__('What to do'), job.error?.hint ?? '']
  ];
  const body = (
    <div className="ctadata-JobDetails">
      <Facts rows={rows} />
      {failures.length > 0 && (
        <ul className="ctadata-JobDetails-failures">
          {failures.map(item => (
            <li key={item.n}>
              {item.path}: {item.error?.message}
            </li>
          ))}
        </ul>
      )}
      {!isFinal(job.state) && (
        <Limit job={job} onChoose={tools.limit} trans={trans} />
      )}
      <Log read={tools.log} trans={trans} />
    </div>
  );
  await showDialog({
    title: trans.__('Transfer'),
    body: ReactWidget.create(body),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

function sizeOf(size: number | undefined, trans: TranslationBundle): string {
  if (size === undefined) {
    return '';
  }
  return size < 1024
    ? trans._n('%1 byte', '%1 bytes', size)
    : trans.__('%1 (%2 bytes)', bytes(size), size.toLocaleString());
}

/** A version without the quotes that HTTP puts around it. */
function versionOf(version: string): string {
  return version.replace(/^(W\/)?"(.*)"$/, '$1$2');
}

function localityOf(online: boolean | null, trans: TranslationBundle): string {
  if (online === null) {
    return '';
  }
  return online
    ? trans.__('on disk')
    : trans.__('on tape: reading it takes a while');
}
