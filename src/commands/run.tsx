/** Services: run one on a file, look at what has run. */

import {
  Dialog,
  Notification,
  ReactWidget,
  showDialog
} from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import { runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { dialogs } from '../later';
import { placeOf, trim } from '../paths';
import type { IPlace } from '../paths';
import { asServerError } from '../request';
import { Services } from '../services';
import type { IOffer } from '../services';
import { bring } from './bring';
import type { CommandContext, ICommand } from './context';
import { workspaceFolder } from './download';

/** The commands about services; where no source has any, they are not to be seen. */
export function runCommands(context: CommandContext): ICommand[] {
  const { trans } = context;
  const services = new Services(context.drive.serverSettings);
  const hasSome = (): boolean =>
    context.sources.list.some(({ traits }) => traits.runs);
  return [
    {
      id: 'ctadata:run-service',
      label: trans.__('Run on a Service…'),
      caption: trans.__('Have a service of a cluster work on this file'),
      icon: runIcon,
      inPalette: true,
      isVisible: hasSome,
      isEnabled: () =>
        context.single !== null && context.single.type !== 'directory',
      execute: async () => {
        const item = context.single;
        const offers = item && (await offered(context, services));
        if (item && offers) {
          await run(context, services, item, offers);
        }
      }
    },
    {
      id: 'ctadata:service-runs',
      label: trans.__('Runs of Services…'),
      caption: trans.__('What services have run, and what they said'),
      inPalette: true,
      isVisible: () => context.panel.current?.traits.runs ?? false,
      execute: async () => {
        const offers = await offered(context, services);
        if (offers) {
          await look(context, services, offers);
        }
      }
    }
  ];
}

/** What can be run; null, and told, if nothing can. */
async function offered(
  context: CommandContext,
  services: Services
): Promise<IOffer[] | null> {
  const { found, problems } = await services.offers(context.sources.list);
  if (problems.length) {
    context.panel.tell(problems[0]);
  } else if (!found.length) {
    Notification.info(context.trans.__('There are no services yet.'));
  }
  return found.length ? found : null;
}

/** The service whose folder a place is in. */
function nearest(
  offers: IOffer[],
  { source, path }: IPlace
): IOffer | undefined {
  const holds = (folder: string | null): boolean =>
    folder !== null && `${path}/`.startsWith(`${folder}/`);
  return offers.find(
    one => one.source.name === source && (holds(one.input) || holds(one.output))
  );
}

async function run(
  context: CommandContext,
  services: Services,
  item: Contents.IModel,
  offers: IOffer[]
): Promise<void> {
  const { trans } = context;
  const near = nearest(offers, context.here);
  const { askService } = await dialogs();
  const choice = await askService(item.name, offers, near, trans);
  if (!choice) {
    return;
  }
  const { service, how } = choice;
  if (how === 'input' && service.input !== null) {
    const to = { source: service.source.name, path: service.input };
    await bring(context, [item.path], to, 'copy');
    return;
  }
  const to = workspaceFolder(context);
  const answer = services.run(service, placeOf(item.path), to);
  Notification.promise(answer, {
    pending: { message: trans.__('%1 runs on %2…', service.name, item.name) },
    success: {
      message: path => trans.__('The answer is %1.', trim(String(path)))
    },
    error: {
      message: reason => {
        const { message, hint } = asServerError(reason);
        return `${message} ${hint}`;
      },
      options: { autoClose: false }
    }
  });
  const path = await answer.catch(() => null);
  if (path) {
    await context.defaultBrowser?.model.refresh();
    context.docManager.openOrReveal(trim(path));
  }
}

async function look(
  context: CommandContext,
  services: Services,
  offers: IOffer[]
): Promise<void> {
  const { trans } = context;
  const { Runs } = await dialogs();
  const body = (
    <Runs
      offers={offers}
      first={nearest(offers, context.here) ?? offers[0]}
      list={service => services.runs(service)}
      log={(service, run) => services.log(service, run)}
      trans={trans}
    />
  );
  await showDialog({
    title: trans.__('Runs of Services'),
    body: ReactWidget.create(body),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
