/** What our plugins give each other, and other extensions. */

import { Token } from '@lumino/coreutils';

import type { CtaDrive } from './drive';
import type { JobsModel } from './jobs';
import type { Options } from './options';
import type { QueueModel } from './queue';
import type { SourcesModel } from './sources';
import type { Uploader } from './upload';
import type { CtaPanel } from './widgets/panel';

/** The storages: a drive of JupyterLab's and the list of sources behind it. */
export interface ICtaStorage {
  /** The drive `ctadata:`. */
  readonly drive: CtaDrive;
  /** The sources, their titles and logins. */
  readonly sources: SourcesModel;
}

/** The storages. */
export const ICtaStorage = new Token<ICtaStorage>(
  'ctadata_jlab:ICtaStorage',
  'The remote storages as a drive, and their logins.'
);

/** The transfers: the server's queue, and what sends files from the browser. */
export interface ICtaTransfers {
  /** The server's queue. */
  readonly jobs: JobsModel;
  /** The queue as a whole. */
  readonly queue: QueueModel;
  /** Sends files from the browser. */
  readonly uploader: Uploader;
}

/** The transfers. */
export const ICtaTransfers = new Token<ICtaTransfers>(
  'ctadata_jlab:ICtaTransfers',
  'The queue of transfers, and uploads from the browser.'
);

/** The user's settings. */
export const ICtaOptions = new Token<Options>(
  'ctadata_jlab:ICtaOptions',
  'The settings of the panel with remote storage.'
);

/** The panel. */
export const ICtaPanel = new Token<CtaPanel>(
  'ctadata_jlab:ICtaPanel',
  'The panel with remote storage.'
);
