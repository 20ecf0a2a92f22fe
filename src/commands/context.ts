/** What every command has at hand. */

import { Notification } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { FileBrowser } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import type { Widget } from '@lumino/widgets';

import type { CtaDrive } from '../drive';
import type { NotebookHandles } from '../handles';
import type { JobsModel } from '../jobs';
import type { Options } from '../options';
import { placeOf } from '../paths';
import type { IPlace } from '../paths';
import type { SourcesModel } from '../sources';
import type { Uploader } from '../upload';
import type { IJob, IJobRequest } from '../wire';
import type { CtaPanel } from '../widgets/panel';
import type { Previews } from './preview';

/** One command. */
export interface ICommand {
  id: string;
  label: string | (() => string);
  caption?: string | (() => string);
  icon?: LabIcon;
  /** Whether the command palette lists it. */
  inPalette?: boolean;
  isEnabled?(): boolean;
  isVisible?(): boolean;
  execute(): unknown;
}

/** What the commands work with. */
export class CommandContext {
  /** Construct the context. */
  constructor(parts: CommandContext.IParts) {
    Object.assign(this, parts);
  }

  declare readonly panel: CtaPanel;
  declare readonly drive: CtaDrive;
  declare readonly sources: SourcesModel;
  declare readonly jobs: JobsModel;
  declare readonly uploader: Uploader;
  declare readonly options: Options;
  declare readonly docManager: IDocumentManager;
  declare readonly defaultBrowser: FileBrowser | null;
  declare readonly trans: TranslationBundle;
  /** What the open notebooks have attached. */
  declare readonly handles: NotebookHandles;
  /** The previews that are open. */
  declare readonly previews: Previews;
  declare readonly activate: () => void;
  /** Show a widget in the main area. */
  declare readonly reveal: (widget: Widget) => void;
  /** What is open in the main area. */
  declare readonly documents: () => Iterable<Widget>;
  /** What the user works with in the main area. */
  declare readonly currentDocument: () => Widget | null;

  /** The selected rows. */
  get selection(): Contents.IModel[] {
    return Array.from(this.panel.browser.selectedItems());
  }

  /** The one selected row. */
  get single(): Contents.IModel | null {
    const { selection } = this;
    return selection.length === 1 ? selection[0] : null;
  }

  /** The folder that is shown, or will be. */
  get here(): IPlace {
    return this.panel.place;
  }

  /** Whether the source that is shown takes files. */
  get isWritable(): boolean {
    return this.panel.current?.traits.writable ?? false;
  }

  /** Why a place takes no changes, in words; empty if it does. */
  whyNot(place: IPlace = this.here): string {
    const source = this.sources.find(place.source);
    return source?.traits.writable === false
      ? readOnlyWords(source.title, this.trans)
      : '';
  }

  /** Whether a place takes changes; the user is told why not. */
  mayChange(place: IPlace = this.here): boolean {
    const why = this.whyNot(place);
    if (why) {
      Notification.warning(why, { autoClose: 5000 });
    }
    return !why;
  }

  /** Whether files of the user's computer may go into the source that is shown. */
  get mayUpload(): boolean {
    return this.isWritable && this.options.values.allowFileUploads;
  }

  /** What the user works with in the main area. */
  get current(): Widget | null {
    return this.currentDocument();
  }

  /** An empty registry, for a menu that lives only once. */
  newCommands(): CommandRegistry {
    return new CommandRegistry();
  }

  /** The selection as a job names it. */
  get selected(): { source: string; paths: string[] } {
    return fromOf(this.selection.map(item => item.path));
  }

  /** Start a job, show it, and say in the panel if it cannot be started. */
  async start(request: IJobRequest): Promise<IJob | null> {
    try {
      const job = await this.jobs.start(request);
      this.panel.transfers.isOpen = true;
      return job;
    } catch (reason) {
      this.panel.tell(reason);
      return null;
    }
  }
}

/** The namespace of `CommandContext`'s statics. */
export namespace CommandContext {
  /** The parts that the context is made of. */
  export type IParts = Pick<
    CommandContext,
    | 'panel'
    | 'drive'
    | 'sources'
    | 'jobs'
    | 'uploader'
    | 'options'
    | 'docManager'
    | 'defaultBrowser'
    | 'trans'
    | 'handles'
    | 'activate'
    | 'documents'
    | 'previews'
    | 'reveal'
    | 'currentDocument'
  >;
}

/** Paths of our drive, all of one source, as a job names them. */
export function fromOf(paths: string[]): { source: string; paths: string[] } {
  const places = paths.map(placeOf);
  return {
    source: places[0]?.source ?? '',
    paths: places.map(place => place.path)
  };
}

/** What is said of a storage that takes no changes. */
export function readOnlyWords(title: string, trans: TranslationBundle): string {
  return trans.__('%1 is read-only: nothing can be changed there.', title);
}
