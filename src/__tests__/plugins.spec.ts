import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';

import plugins from '../index';

describe('the plugins', () => {
  it('should need nothing that is not also in other applications than JupyterLab’s', () => {
    const own = new Set(plugins.map(({ provides }) => provides));
    const everywhere = new Set<unknown>([
      IDocumentManager,
      IFileBrowserFactory
    ]);
    const needed = plugins.flatMap(({ requires }) => requires ?? []);
    const missing = needed.filter(
      token => !own.has(token as never) && !everywhere.has(token)
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('should be called by one name each, and start by themselves', () => {
    const ids = plugins.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every(id => id.startsWith('ctadata_jlab:'))).toBe(true);
    expect(plugins.every(({ autoStart }) => autoStart)).toBe(true);
  });
});
