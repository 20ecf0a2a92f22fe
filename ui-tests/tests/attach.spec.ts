/** Remote files in a notebook, by name. */

import * as fs from 'node:fs';

import { Notebook } from './notebook';
import { expect, test } from './panel';
import { inWorkspace, lay, onDoor } from './rig';

test.describe.configure({ timeout: 180_000 });
// Galata's stand-ins for them know no restart.
test.use({ kernels: null, sessions: null });

/** Says what the variable is, without failing if there is none. */
const ASK = "print(globals().get('run_1', 'nothing'))";

test('a file is used in a notebook, and again after the kernel was restarted', async ({
  panel,
  page,
  own
}) => {
  lay(onDoor(own), { "run '1'.txt": 'twelve bytes' });
  const file = `${own}.ipynb`;
  const notebook = await Notebook.open(panel, file, [
    ASK,
    'run_1.read().decode()'
  ]);
  await panel.startIn(own);
  await panel.choose("run '1'.txt", 'Use in Notebook…');
  const name = panel.dialog.getByRole('textbox');
  await expect(name).toHaveValue('run_1');
  await name.fill('print');
  await panel.answer('Use');
  await expect(panel.dialog).toContainText(
    '“print” cannot be the name of a variable here'
  );
  await page.keyboard.press('Escape');
  await expect(panel.dialog).toHaveCount(0);

  await panel.choose("run '1'.txt", 'Use in Notebook…');
  await panel.answer('Use');
  await expect(panel.dialog).toHaveCount(0);
  await notebook.runAll();
  await expect(notebook.output(0)).toContainText(`/${own}/run '1'.txt`);
  await expect(notebook.output(1)).toContainText('twelve bytes');

  lay(onDoor(own), { "run '1'.txt": 'thirteen byte' });
  await notebook.restartAndRunAll();
  await expect(notebook.output(0)).toContainText(`/${own}/run '1'.txt`);
  await expect(notebook.output(1)).toContainText('thirteen byte');

  await notebook.command('docmanager:save');
  const kept = () =>
    (
      JSON.parse(fs.readFileSync(inWorkspace(file), 'utf8')) as {
        metadata: { ctadata_jlab?: unknown };
      }
    ).metadata.ctadata_jlab;
  await expect.poll(kept).toEqual({
    attached: [{ name: 'run_1', source: 'dcache', path: `/${own}/run '1'.txt` }]
  });
});

test('a notebook that is not trusted gives its kernel nothing; a trusted one only what is sound', async ({
  panel,
  own
}) => {
  const hostile = [
    { name: 'print', source: 'dcache', path: '/lst' },
    { name: "x = open('pwned-name', 'w'); run_2", source: 'dcache', path: '/' },
    {
      name: 'run_3',
      source: "dcache', '/'); open('pwned-source', 'w'); str('",
      path: '/'
    },
    {
      name: 'run_4',
      source: 'dcache',
      path: "/'); open('pwned-path', 'w'); str('\\"
    },
    { name: 'run_5', source: 'dcache', path: '/../outside' }
  ];
  const attached = [
    ...hostile,
    { name: 'run_1', source: 'dcache', path: '/lst' }
  ];
  const notebook = await Notebook.open(
    panel,
    `${own}-foreign.ipynb`,
    [
      ASK,
      `import os; sorted(n for n in globals() if n.startswith('run_')), callable(print), [n for n in os.listdir() if 'pwned' in n]`
    ],
    { ctadata_jlab: { attached } }
  );
  await notebook.restart();
  await notebook.runAll();
  await expect(notebook.output(0)).toContainText('nothing');
  await expect(notebook.output(1)).toContainText('([], True, [])');

  // The user has run all its cells: JupyterLab counts it as trusted.
  await notebook.restartAndRunAll();
  await expect(notebook.output(0)).toContainText("Handle('dcache', '/lst')");
  await expect(notebook.output(1)).toContainText(
    "(['run_1', 'run_4'], True, [])"
  );
});
