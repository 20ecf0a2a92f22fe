/** Notebooks whose kernels have handles: given when they are attached, and again whenever there is another kernel. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';

import {
  attach,
  attachedOf,
  codeToRestore,
  codeToSet,
  isNotebookModel,
  isTrusted
} from './attach';
import type { IAttached, INotebookModel } from './attach';

/** Hears why a kernel did not take a handle. */
export type Complain = (problem: string) => void;

/** The handles of all notebooks that are open. */
export class NotebookHandles implements DocumentRegistry.WidgetExtension {
  /** Construct it. */
  constructor(private readonly complain: Complain) {}

  /** Look after a notebook that is opened. */
  createNew(
    widget: Widget,
    context: DocumentRegistry.IContext<DocumentRegistry.IModel>
  ): IDisposable | undefined {
    if (!isNotebookModel(context.model)) {
      return undefined;
    }
    const { model, sessionContext } = context;
    const handles = new Handles(model, sessionContext, this.complain);
    this._open.set(widget, handles);
    return handles;
  }

  /** Those of one notebook. */
  of(widget: Widget): Handles | undefined {
    return this._open.get(widget);
  }

  private readonly _open = new WeakMap<Widget, Handles>();
}

/**
 * Gives one notebook's kernel its handles.
 *
 * #### Notes
 * They are asked for at the moment in which there is a new kernel, before the
 * cells of “Restart and run all”, so that the kernel has them when those run.
 */
export class Handles implements IDisposable {
  /** Construct it. */
  constructor(
    private readonly notebook: INotebookModel,
    private readonly session: ISessionContext,
    private readonly complain: Complain
  ) {
    session.kernelChanged.connect(this._onKernel, this);
    session.statusChanged.connect(this._onStatus, this);
  }

  /** Whether the notebook was closed. */
  isDisposed = false;

  /** Listen no more. */
  dispose(): void {
    this.isDisposed = true;
    this.session.kernelChanged.disconnect(this._onKernel, this);
    this.session.statusChanged.disconnect(this._onStatus, this);
  }

  /** Attach something: the user has asked for it just now, so the kernel gets it whether the rest is trusted or not. */
  async add(one: IAttached): Promise<void> {
    attach(this.notebook, one);
    await this._run([codeToSet(one)]);
  }

  /** Give the kernel all that is attached, if the notebook is trusted. */
  async restore(): Promise<void> {
    const attached = attachedOf(this.notebook);
    if (attached.length && isTrusted(this.notebook)) {
      await this._run(attached.map(codeToRestore));
    }
  }

  private _onKernel(
    _: ISessionContext,
    { newValue }: { newValue: Kernel.IKernelConnection | null }
  ): void {
    if (newValue) {
      void this.restore();
    }
  }

  /** A kernel that died is started again by the server: its connection forgets what was asked until this signal has ended. */
  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'autorestarting') {
      void Promise.resolve().then(() => this.restore());
    }
  }

  private async _run(codes: string[]): Promise<void> {
    const kernel = this.session.session?.kernel;
    if (!kernel) {
      return; // it gets them when there is one
    }
    const specs = this.session.specsManager?.specs?.kernelspecs;
    const language = specs?.[kernel.name]?.language ?? 'python';
    if (language.toLowerCase() !== 'python') {
      this.complain(language);
      return;
    }
    const replies = await Promise.allSettled(
      codes.map(code => ask(kernel, code))
    );
    const problem = replies.map(problemOf).find(text => text !== '');
    if (problem) {
      this.complain(problem);
    }
  }
}

function ask(
  kernel: Kernel.IKernelConnection,
  code: string
): Promise<KernelMessage.IExecuteReplyMsg | undefined> {
  return kernel.requestExecute({
    code,
    silent: true,
    store_history: false,
    stop_on_error: false
  }).done;
}

/** What went wrong in the kernel; nothing if it was only stopped meanwhile. */
function problemOf(
  reply: PromiseSettledResult<KernelMessage.IExecuteReplyMsg | undefined>
): string {
  const content =
    reply.status === 'fulfilled' ? reply.value?.content : undefined;
  return content?.status === 'error' ? content.evalue || content.ename : '';
}
