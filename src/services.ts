/** What can be run on files beside the storages. */

import type { ServerConnection } from '@jupyterlab/services';

import { placeOf } from './paths';
import type { IPlace } from './paths';
import { requestAPI, requestRaw } from './request';
import type { ICtaModel, IRun, IService, ISource } from './wire';

/** A service, and the source beside which it runs. */
export interface IOffer extends IService {
  source: ISource;
}

/** The services beside all sources that have some, and why those of others are not known. */
export interface IOffers {
  found: IOffer[];
  problems: unknown[];
}

/** Asks the server about services, and to run them. */
export class Services {
  /** Construct the services that the server at those settings knows. */
  constructor(settings: ServerConnection.ISettings) {
    this._settings = settings;
  }

  /** All that can be run beside the sources; one that does not answer hides no other. */
  async offers(sources: readonly ISource[]): Promise<IOffers> {
    const asked = sources.filter(({ traits }) => traits.runs);
    const answers = await Promise.allSettled(
      asked.map(({ name }) => this._get<IService[]>(name))
    );
    const offers: IOffers = { found: [], problems: [] };
    answers.forEach((answer, at) => {
      if (answer.status === 'rejected') {
        offers.problems.push(answer.reason);
      } else {
        const source = asked[at];
        offers.found.push(...answer.value.map(one => ({ ...one, source })));
      }
    });
    return offers;
  }

  /** Run a service on a file, wait, and keep the answer in a folder; resolves to its path there. */
  async run(service: IOffer, from: IPlace, to: IPlace): Promise<string> {
    const { name, source } = service;
    const body = JSON.stringify({ from, to });
    const init = { method: 'POST', body };
    const kept = await this._get<ICtaModel>(source.name, [name], init);
    return placeOf(kept.path).path;
  }

  /** The runs of a service that were not waited for, the newest first. */
  runs(service: IOffer): Promise<IRun[]> {
    return this._get<IRun[]>(service.source.name, [service.name]);
  }

  /** What a run has said. */
  async log(service: IOffer, run: IRun): Promise<string> {
    const route = routeOf(service.source.name, [service.name, run.id]);
    return (await requestRaw(route, this._settings)).text();
  }

  private _get<T>(
    source: string,
    names: string[] = [],
    init: RequestInit = {}
  ): Promise<T> {
    return requestAPI<T>(routeOf(source, names), this._settings, init);
  }

  private _settings: ServerConnection.ISettings;
}

function routeOf(source: string, names: string[]): string {
  return ['services', source, ...names].map(encodeURIComponent).join('/');
}
