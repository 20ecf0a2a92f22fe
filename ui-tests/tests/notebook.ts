/** A notebook of the workspace with its kernel, as a user has it. */

import * as fs from 'node:fs';

import type { Locator } from '@playwright/test';

import { notebookOf } from './cells';
import { expect } from './panel';
import type { Panel } from './panel';
import { inWorkspace } from './rig';

/** A notebook that is open. */
export class Notebook {
  private constructor(private readonly panel: Panel) {
    this.node = panel.documents.locator('.jp-NotebookPanel:visible');
    this.cells = this.node.locator('.jp-Notebook .jp-Cell');
  }

  readonly node: Locator;
  readonly cells: Locator;

  /** Write a notebook of code cells into the workspace, as somebody else may have, and open it with its kernel. */
  static async open(
    panel: Panel,
    path: string,
    sources: string[],
    metadata: object = {}
  ): Promise<Notebook> {
    const kernelspec = { name: 'python3', display_name: 'Python 3' };
    fs.writeFileSync(
      inWorkspace(path),
      notebookOf(sources, { kernelspec, ...metadata })
    );
    const notebook = new Notebook(panel);
    await notebook.reopen(path);
    return notebook;
  }

  /** Open a notebook that is there. */
  async reopen(path: string): Promise<void> {
    await this.panel.page.evaluate(
      path =>
        window.jupyterapp.commands.execute('docmanager:open', {
          path,
          factory: 'Notebook'
        }),
      path
    );
    await this.settle();
  }

  /** Wait until the kernel is there and has nothing to do; JupyterLab runs no cell before, and does not say so. */
  async settle(): Promise<void> {
    await expect
      .poll(() => this.panel.page.evaluate(stateOfKernel), { timeout: 60_000 })
      .toBe('ready idle connected');
  }

  /** Do a command of JupyterLab's; it may wait for a dialog. */
  async command(name: string): Promise<void> {
    await this.panel.page.evaluate(name => {
      void window.jupyterapp.commands.execute(name);
    }, name);
  }

  /** Run all cells, none of which has been run by this kernel, and wait until they have run. */
  async runAll(): Promise<void> {
    await this.command('notebook:run-all-cells');
    await this.expectRun(-1);
  }

  /** Restart the kernel. */
  async restart(): Promise<void> {
    await this.command('notebook:restart-kernel');
    await this.confirmRestart();
    await this.settle();
  }

  /** Restart the kernel and run all cells at once, as the menu has it. */
  async restartAndRunAll(): Promise<void> {
    await this.command('notebook:restart-run-all');
    await this.confirmRestart();
    await this.expectRun(-1);
  }

  private async confirmRestart(): Promise<void> {
    await this.panel.answer('Confirm Kernel Restart');
    await expect(this.panel.dialog).toHaveCount(0);
  }

  /** The text that a cell has written. */
  output(cell: number): Locator {
    return this.cells.nth(cell).locator('.jp-OutputArea');
  }

  /** Wait until a cell has run. */
  async expectRun(cell: number): Promise<void> {
    await expect(this.cells.nth(cell).locator('.jp-InputPrompt')).toHaveText(
      /^\[\d+\]:$/,
      { timeout: 60_000 }
    );
  }
}

/** What the page says of the kernel of the notebook that is shown. */
function stateOfKernel(): string {
  const { sessionContext } = window.jupyterapp.shell
    .currentWidget as unknown as {
    sessionContext?: {
      isReady: boolean;
      session: {
        kernel: { status: string; connectionStatus: string } | null;
      } | null;
    };
  };
  const kernel = sessionContext?.session?.kernel;
  return [
    sessionContext?.isReady ? 'ready' : 'not ready',
    kernel?.status,
    kernel?.connectionStatus
  ].join(' ');
}
