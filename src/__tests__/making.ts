/** The panel's model before a server made of a function, for tests. */

import type { IDocumentManager } from '@jupyterlab/docmanager';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import { ContentsManager } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { CtaDrive } from '../drive';
import { JobsModel } from '../jobs';
import { CtaModel } from '../model';
import { SourcesModel } from '../sources';
import { Uploader } from '../upload';
import wire from '../../tests/fixtures/wire/sources.json';
import { serve } from './server';
import type { IAnswer, IAsked } from './server';

/** A listing of *count* files. */
export function rows(count: number, from = 0): IAnswer {
  const names = Array.from({ length: count }, (_, k) => `f${from + k}.h5`);
  const block = {
    names: [...names, 'sub'],
    sizes: [...names.map(() => 1), null],
    mtimes: [...names.map(() => 1), null],
    flags: [...names.map(() => 0), 1]
  };
  const end = { complete: true, count: count + 1, hash: '' };
  return { pieces: [JSON.stringify(block) + '\n', JSON.stringify(end)] };
}

/** A model whose listings, and all but its sources, a function answers. */
export async function make(
  list: (asked: IAsked) => IAnswer | Promise<IAnswer>
) {
  const server = serve(asked =>
    asked.path.endsWith('/sources') ? { json: wire } : list(asked)
  );
  const serverSettings = server.settings;
  const contents = new ContentsManager({ serverSettings });
  const drive = new CtaDrive({ serverSettings });
  contents.addDrive(drive);
  const services = {
    contents,
    sessions: {
      runningChanged: new Signal({}),
      running: () => [][Symbol.iterator]()
    },
    kernelspecs: { specs: null }
  };
  const manager = {
    services,
    registry: new DocumentRegistry(),
    activateRequested: new Signal({})
  } as unknown as IDocumentManager;
  const sources = new SourcesModel({ serverSettings });
  await sources.load();
  const jobs = new JobsModel({ serverSettings });
  const uploader = new Uploader({ jobs, serverSettings });
  const model = new CtaModel({ manager, drive, sources, uploader });
  const failures: (string | null)[] = [];
  model.failed.connect((_, reason) => failures.push(reason?.name ?? null));
  const lists = () => server.asked.filter(a => a.path.includes('/listing/'));
  return { model, drive, failures, lists, manager };
}
