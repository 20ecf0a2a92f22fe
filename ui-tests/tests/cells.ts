/** Notebooks as files. */

/** The kernel that is there, as JupyterLab itself notes it. */
const KERNEL = {
  display_name: 'Python 3 (ipykernel)',
  language: 'python',
  name: 'python3'
};

/** The text of a notebook of code cells that have not run. */
export function notebookOf(
  sources: (string | string[])[],
  metadata: object = { kernelspec: KERNEL }
): string {
  const cells = sources.map((source, n) => ({
    cell_type: 'code',
    id: `cell-${n}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source
  }));
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 });
}
