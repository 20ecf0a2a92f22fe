/** More about a file or a transfer, as a dialog. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { bytes } from '../format';
import type { IPlace } from '../paths';
import type { ICtaModel, IJob, IJobItem, ISource } from '../wire';
import { progressOf, stateOf } from '../words';

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

/** Show what is known of one file or folder. */
export async function showDetails(
  model: ICtaModel,
  place: IPlace,
  source: ISource | undefined,
  trans: TranslationBundle
): Promise<void> {
  const { size, ctadata, type, last_modified } = model;
  const isFolder = type === 'directory';
  const rows: [string, string][] = [
    [trans.__('Storage'), source?.title ?? place.source],
    [trans.__('Path'), place.path],
    [trans.__('Kind'), isFolder ? trans.__('folder') : trans.__('file')],
    [trans.__('Size'), isFolder ? '' : sizeOf(size, trans)],
    [
      trans.__('Modified'),
      last_modified ? new Date(last_modified).toLocaleString() : ''
    ],
    [trans.__('Where it lies'), localityOf(ctadata?.online ?? null, trans)],
    [trans.__('Checksum'), ctadata?.checksum ?? ''],
    [trans.__('Version (ETag)'), versionOf(ctadata?.version ?? '')]
  ];
  await showDialog({
    title: model.name || place.source,
    body: ReactWidget.create(<Facts rows={rows} />),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

/** Show how a transfer went, and which of its files failed. */
export async function showJob(
  job: IJob,
  failures: IJobItem[],
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
