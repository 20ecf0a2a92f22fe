/** The server's JSON as types, one for each shape of the REST interface. */

import type { Contents } from '@jupyterlab/services';

/** What every failing answer says, and the last line of a listing that broke off. */
export interface IErrorBody {
  error: string;
  message: string;
  hint: string;
  retryable: boolean;
  /** Whose login is missing, if not that of the source that was asked. */
  source?: string;
}

/** How a source's login stands. */
export type LoginState = 'ok' | 'missing' | 'expired' | 'error' | 'none';

/** Who is logged in to a source, and until when. */
export interface ILogin {
  needed: boolean;
  state: LoginState;
  subject: string | null;
  issuer: string | null;
  /** Seconds since the epoch; null where the token does not say. */
  until: number | null;
  /** The name of the place that the token came from. */
  source: string | null;
  hint: string;
  /** Whom the token is for. */
  audience: string[];
  scopes: string[];
  /** What the scopes allow, in words; empty if they speak of no storage. */
  may: string;
  /** Whether there is a login by code; `GET login/…` tells, as the rest below. */
  device?: boolean;
  /** The login that is under way. */
  pending?: IPending | null;
  /** Why the latest login by code came to nothing. */
  problem?: IErrorBody | null;
  /** Whether the login is encrypted at rest, in words; empty if none is kept. */
  kept?: string;
  /** The account in the oidc-agent that runs; null if none does. */
  agent?: IAgent | null;
}

/** What oidc-agent calls a source's account. */
export interface IAgent {
  account: string;
  /** Whether there is one, which its password opens. */
  exists: boolean;
}

/** What one place for tokens had to offer. */
export interface IAttempt {
  source: string;
  place: string;
  outcome: string;
  ok: boolean;
}

/** A login that waits for the user to confirm a code. */
export interface IPending {
  user_code: string;
  verification_uri: string;
  /** The same page with the code filled in. */
  verification_uri_complete: string | null;
  /** How long the code is valid yet, in seconds. */
  expires_in: number;
  interval: number;
}

/** What a source's storage can do. */
export interface ITraits {
  writable: boolean;
  resumes: boolean;
  replaces_atomically: boolean;
  /** Whether a move is one step of the server's, not a copy and a removal. */
  renames: boolean;
  stages: boolean;
  checksums: string[];
  local: boolean;
  /** Whether services run beside it, on files of any source. */
  runs: boolean;
}

/** One storage, remote or a local folder. */
export interface ISource {
  name: string;
  title: string;
  kind: string;
  twin: string | null;
  production: boolean;
  home: string;
  /** The door's URL, and the folder of it that is shown; empty for local folders. */
  url: string;
  root: string;
  traits: ITraits;
  login: ILogin;
}

/** A service: a file that arrives in `input` is taken up, what comes of it appears in `output`. */
export interface IService {
  name: string;
  /** Paths in the service's own source; null where there is no such folder here. */
  input: string | null;
  output: string | null;
}

/** One run of a service, in its own words. */
export interface IRun {
  id: string;
  state: string;
  /** Seconds since the epoch; null where it is not told. */
  created: number | null;
}

/** What our models say beyond Jupyter's contents models. */
export interface IExtra {
  online: boolean | null;
  checksum: string | null;
  version: string | null;
}

/** A contents model with our extra facts. */
export interface ICtaModel extends Contents.IModel {
  ctadata?: IExtra;
}

/** A row of a listing, with what is worked out for its place in the order. */
export interface IRow extends ICtaModel {
  /** The text by which it is ordered; null if there is none. */
  key?: string | null;
  /** For which order the key is. */
  keyed?: string;
}

/** How a file compares with a local copy. */
export interface IComparison {
  same: boolean;
  size: number;
  /** The storage's checksum; null if it has none. */
  theirs: string | null;
  /** The copy's; null if the sizes differ already. */
  ours: string | null;
}

/** An address that the browser fetches by itself: a file, or several as one archive. */
export interface IHandle {
  url: string;
  name: string;
  zip: boolean;
  /** How long it can be used, in seconds. */
  seconds: number;
}

/** One block of a listing: columns of equal length. */
export interface IListingBlock {
  names: string[];
  sizes: (number | null)[];
  mtimes: (number | null)[];
  flags: number[];
}

/** The last line of a whole listing. */
export interface IListingEnd {
  complete: true;
  count: number;
  hash: string;
}

/** The bits of a listing's `flags`. */
export const Flag = { folder: 1, offline: 2 } as const;

/** What a job does. */
export type JobKind =
  'download' | 'upload' | 'copy' | 'move' | 'delete' | 'measure' | 'stage';

/** What to do with a target that exists. */
export type Conflict = 'ask' | 'skip' | 'replace' | 'rename' | 'newer';

/** What a user may answer to a job's question. */
export type Answer = Exclude<Conflict, 'ask'>;

/** Where a job stands. */
export type JobState =
  | 'waiting'
  | 'planning'
  | 'running'
  | 'paused'
  | 'blocked'
  | 'done'
  | 'failed'
  | 'cancelled';

/** What a blocked job waits for. */
export type Reason = 'question' | 'login' | 'network' | 'staging' | 'upload';

/** What a job wants to know. */
export interface IQuestion {
  count: number;
  examples: string[];
  choices: Answer[];
}

/** One job of the server's queue. */
export interface IJob {
  id: string;
  kind: JobKind;
  title: string;
  state: JobState;
  reason: Reason | null;
  seq: number;
  /** `paths` are only the first few of `count` where a long list was given. */
  from: {
    source: string;
    paths?: string[];
    count?: number;
    base?: string | null;
  };
  to: { source: string; path: string } | null;
  conflict: Conflict;
  include: string[];
  exclude: string[];
  sync: boolean;
  /** Its place in the queue: who waits is taken by it, the lowest first. */
  order: number;
  /** Bytes a second; null: no limit. */
  limit: number | null;
  created: number;
  ended: number | null;
  files_total: number;
  files_done: number;
  files_skipped: number;
  files_failed: number;
  bytes_total: number;
  bytes_done: number;
  speed: number | null;
  error: IErrorBody | null;
  question: IQuestion | null;
  note: string | null;
  /** When a blocked job is tried again by itself, in seconds since the epoch. */
  until: number | null;
  /** What a blocked job waits for, in words. */
  waiting: string | null;
}

/** The queue itself. */
export interface IQueue {
  /** Who works it off, in words; null: this server. */
  owner: string | null;
  folder: string;
  /** What the user should know of the place where it is kept. */
  notice: string | null;
  /** Bytes a second for all jobs together; null: no limit. */
  limit: number | null;
  files_at_once: number;
  jobs_at_once: number;
}

/** One file of an upload from the browser. */
export interface IManifestEntry {
  path: string;
  size: number;
  /** Seconds since the epoch. */
  modified: number;
}

/** The body of `POST jobs`. */
export interface IJobRequest {
  kind: JobKind;
  /** With `base`, paths land as they are seen from there: for lists of files. */
  from: { source: string; paths?: string[]; base?: string | null };
  to?: { source: string; path: string };
  conflict?: Conflict;
  manifest?: IManifestEntry[];
  folders?: string[];
  /** Patterns as in gitignore: only such files; and what is left out. */
  include?: string[];
  exclude?: string[];
  /** Copies only what differs, never deletes; `conflict` is then `replace` unless it is given. */
  sync?: boolean;
  /** Bytes a second. */
  limit?: number;
}

/** What a user may do to a job. */
export type JobAction =
  'pause' | 'resume' | 'cancel' | 'retry' | 'answer' | 'reorder' | 'limit';

/** One file of a job. */
export interface IJobItem {
  n: number;
  path: string;
  target: string | null;
  size: number | null;
  state: string;
  error: IErrorBody | null;
  note: string | null;
}

/** A page of a job's files. */
export interface IJobItems {
  items: IJobItem[];
  next: number | null;
}

/** The schema of the events that tell a job's progress. */
export const JOB_EVENT = 'https://schema.ctadata-jlab.org/job/v1';

/** The schema of the events that tell a login's state. */
export const LOGIN_EVENT = 'https://schema.ctadata-jlab.org/login/v1';

/** A job's progress, as told on Jupyter's event bus. */
export interface IJobEvent {
  job_id: string;
  seq: number;
  kind: JobKind;
  title: string;
  state: JobState | 'forgotten';
  reason: Reason | null;
  files_done: number;
  files_total: number;
  files_failed: number;
  bytes_done: number;
  bytes_total: number;
  speed: number | null;
  error: string | null;
  /** When a blocked job is tried again by itself, in seconds since the epoch. */
  until: number | null;
  /** What a blocked job waits for, in words. */
  waiting: string | null;
}

/** A login's state, as told on Jupyter's event bus. */
export interface ILoginEvent {
  source: string;
  state: LoginState;
  until: number | null;
}
