import { Clipboard, Notification } from '@jupyterlab/apputils';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { filterOf } from '../filter';
import { DEFAULTS } from '../options';
import { JOB_EVENT } from '../wire';
import schema from '../../schema/plugin.json';
import told from '../../tests/fixtures/wire/event-job.json';
import { cancel, lab, listing } from './lab';
import type { ILabOptions, Lab } from './lab';
import { settle, until } from './server';

jest.setTimeout(60_000);

/** What one setting does, seen as users see it. */
interface IEffect {
  /** Another value than what there is without the setting. */
  value: unknown;
  /** What is seen of it; can be looked at again. */
  see(lab: Lab): unknown;
  /** What is seen without the setting, and with it. */
  seen: [before: unknown, after: unknown];
  /** Whether it only counts when JupyterLab starts. */
  isForStart?: boolean;
}

const FILES = listing({
  'sub/': {},
  '.hidden': {},
  'a.txt': {},
  'run10.txt': {},
  'run2.txt': {},
  'z.ipynb': {},
  'large.bin': { size: 1_000_000 }
});

const DEEP = '/lst/one/two/three/four';

/** Whether the rows have a column. */
const hasColumn =
  (className: string) =>
  ({ row }: Lab): boolean =>
    row('a.txt').querySelector(`.${className}`) !== null;

/** The crumbs of a long path. */
const crumbs = async ({ model, browser }: Lab): Promise<string> => {
  if (model.place.path !== DEEP) {
    await model.open({ source: 'dcache', path: DEEP });
  }
  await settle(5);
  MessageLoop.flush();
  const nodes = browser.node.querySelectorAll('.jp-BreadCrumbs-item');
  return Array.from(nodes, node => node.textContent || '…').join(' ');
};

/** Which of some names are there, in their order. */
const namesOf =
  (...wanted: string[]) =>
  ({ names }: Lab): string =>
    names()
      .filter(name => wanted.includes(name))
      .join(' ');

/** What JupyterLab has opened, or `asked` if there is a question instead. */
const opens = async (laboratory: Lab): Promise<string> => {
  const { commands, select, manager } = laboratory;
  const before = manager.opened.length;
  await select('large.bin');
  void commands.execute('ctadata:open');
  const isAsked = (): boolean => document.querySelector('.jp-Dialog') !== null;
  await until(() => isAsked() || manager.opened.length > before);
  const answer = isAsked() ? 'asked' : 'opened';
  await cancel();
  return answer;
};

/** Whether a deletion is begun without a question. */
const deletes = async ({ commands, model, select, jobs }: Lab) => {
  const seen: string[] = [];
  for (const source of ['dcache-dev', 'dcache']) {
    await model.open({ source, path: '/lst' });
    await select('a.txt');
    const before = jobs.length;
    void commands.execute('ctadata:delete');
    const isAsked = (): boolean =>
      document.querySelector('.jp-Dialog') !== null;
    const isBegun = (): boolean =>
      jobs.length > before && jobs[0].kind === 'delete';
    await until(() => isAsked() || isBegun());
    seen.push(`${source} ${isAsked() ? 'asked' : 'begun'}`);
    await cancel();
  }
  return seen;
};

/** What a transfer's end is told by. */
const tells = async ({ transfers, jobs, stream }: Lab): Promise<string[]> => {
  const said: string[] = [];
  const success = jest
    .spyOn(Notification, 'success')
    .mockImplementation(text => {
      said.push(text);
      return '';
    });
  const job = await transfers.jobs.start({
    kind: 'delete',
    from: { source: 'dcache', paths: ['/a'] }
  });
  jobs[0] = { ...job, state: 'done', seq: 1, title: 'a', files_done: 1 };
  const event = { schema_id: JOB_EVENT, ...told };
  stream.emit({ ...event, job_id: job.id, seq: 1, state: 'done' });
  await until(() => transfers.jobs.find(job.id)?.state === 'done');
  success.mockRestore();
  return said.map(() => 'told');
};

/** How many listings there are in 25 seconds. */
const refreshes = async ({ lists, model }: Lab): Promise<number> => {
  await settle(5);
  jest.useFakeTimers({ now: Date.now() });
  try {
    // From when the folder is opened; what was set before holds.
    await model.open({ source: 'dcache', path: '/lst' });
    const before = lists().length;
    await jest.advanceTimersByTimeAsync(25_000);
    return lists().length - before;
  } finally {
    jest.useRealTimers();
  }
};

const EFFECTS: Record<string, IEffect> = {
  side: {
    value: 'right',
    see: ({ shell, panel }) =>
      ['left', 'right'].filter(side =>
        Array.from(shell.widgets(side)).includes(panel)
      ),
    seen: [['left'], ['right']]
  },
  openAtStart: {
    value: true,
    see: ({ panel }) => panel.isVisible,
    seen: [false, true],
    isForStart: true
  },
  defaultSource: {
    value: 'dcache-dev',
    see: async ({ panel }) => {
      await panel.ready();
      return panel.place.source;
    },
    seen: ['dcache', 'dcache-dev'],
    isForStart: true
  },
  openLimit: { value: 0.5, see: opens, seen: ['opened', 'asked'] },
  showHiddenFiles: {
    value: true,
    see: namesOf('.hidden'),
    seen: ['', '.hidden']
  },
  showLastModifiedColumn: {
    value: false,
    see: hasColumn('jp-DirListing-itemModified'),
    seen: [true, false]
  },
  showFileSizeColumn: {
    value: false,
    see: hasColumn('jp-DirListing-itemFileSize'),
    seen: [true, false]
  },
  showFileCheckboxes: {
    value: true,
    see: hasColumn('jp-DirListing-checkboxWrapper'),
    seen: [false, true]
  },
  singleClickNavigation: {
    value: true,
    see: async ({ model, row }) => {
      row('sub').dispatchEvent(new MouseEvent('click', { bubbles: true }));
      await settle(10);
      const { path } = model.place;
      await model.cd('/dcache/lst');
      return path;
    },
    seen: ['/lst', '/lst/sub']
  },
  sortNotebooksFirst: {
    value: true,
    see: namesOf('a.txt', 'z.ipynb'),
    seen: ['a.txt z.ipynb', 'z.ipynb a.txt']
  },
  sortFileNamesNaturally: {
    value: false,
    see: namesOf('run2.txt', 'run10.txt'),
    seen: ['run2.txt run10.txt', 'run10.txt run2.txt']
  },
  showFileFilter: {
    value: false,
    see: ({ browser }) =>
      browser.node
        .querySelector('.ctadata-Filter')!
        .closest('.jp-FileBrowser-filterToolbar')!
        .classList.contains('lm-mod-hidden'),
    seen: [false, true]
  },
  filterDirectories: {
    value: false,
    see: async ({ model, names }) => {
      await model.filterBy(filterOf('a.t', false));
      return names();
    },
    seen: [['a.txt'], ['sub', 'a.txt']]
  },
  clearFilterOnNavigation: {
    value: false,
    see: async ({ model, browser }) => {
      const box =
        browser.node.querySelector<HTMLInputElement>('input[type=search]')!;
      const write = Object.getOwnPropertyDescriptor(
        HTMLInputElement.prototype,
        'value'
      )!.set!;
      write.call(box, 'run');
      box.dispatchEvent(new Event('input', { bubbles: true }));
      await until(() => model.filter.text === 'run');
      await model.cd('sub');
      const { text } = model.filter;
      await model.cd('..');
      return text;
    },
    seen: ['', 'run']
  },
  showFullPath: {
    value: true,
    see: crumbs,
    seen: ['dCache … three four', 'dCache lst one two three four']
  },
  breadcrumbs: {
    value: { minimumLeftItems: 2, minimumRightItems: 1 },
    see: crumbs,
    seen: ['dCache … three four', 'dCache lst … four']
  },
  allowFileUploads: {
    value: false,
    see: async ({ commands, rows, panel, transfers }) => {
      const upload = jest.spyOn(transfers.uploader, 'upload');
      upload.mockRejectedValue(new Error('not today'));
      const warning = jest.spyOn(Notification, 'warning').mockReturnValue('');
      const files = [new File(['x'], 'x.txt')];
      rows.hooks?.dropFiles({ entries: [], files }, panel.place);
      await settle(5);
      const seen = [
        ...['ctadata:upload', 'ctadata:upload-folder'].map(id =>
          commands.isEnabled(id)
        ),
        upload.mock.calls.length,
        warning.mock.calls.length
      ];
      upload.mockRestore();
      warning.mockRestore();
      return seen;
    },
    seen: [
      [true, true, 1, 0],
      [false, false, 0, 1]
    ]
  },
  navigateToCurrentDirectory: {
    value: true,
    see: async ({ model, manager, shell }) => {
      await model.open({ source: 'dcache', path: '/lst' });
      const [other, ours] = [new Widget(), new Widget()];
      manager.paths.set(other, 'elsewhere/local.txt');
      manager.paths.set(ours, 'ctadata:dcache/lst/deep/x.txt');
      shell.front(ours);
      await settle(10);
      shell.front(other);
      await settle(10);
      return model.place.path;
    },
    seen: ['/lst', '/lst/deep']
  },
  treeMode: {
    value: true,
    see: ({ row }) => row('sub').querySelector('.ctadata-Twisty') !== null,
    seen: [false, true]
  },
  refreshInterval: { value: 10, see: refreshes, seen: [0, 2] },
  confirmDelete: {
    value: false,
    see: deletes,
    seen: [
      ['dcache-dev asked', 'dcache asked'],
      ['dcache-dev begun', 'dcache asked']
    ]
  },
  snippets: {
    value: [{ name: 'mine', pattern: '*.txt', code: 'mine({path}, {name})' }],
    see: async ({ commands, select }) => {
      const copy = jest.spyOn(Clipboard, 'copyToSystem').mockReturnValue();
      const info = jest.spyOn(Notification, 'info').mockReturnValue('');
      await select('a.txt');
      await commands.execute('ctadata:copy-code');
      const [[code]] = copy.mock.calls;
      copy.mockRestore();
      info.mockRestore();
      return String(code).includes("mine('/lst/a.txt', 'a.txt')");
    },
    seen: [false, true]
  },
  notifyOnEnd: { value: false, see: tells, seen: [['told'], []] },
  bookmarks: {
    value: ['dcache-dev/cta'],
    see: async ({ panel }) => {
      const places = panel.node.querySelector<HTMLElement>(
        '[aria-label="Places"]'
      )!;
      places.click();
      MessageLoop.flush();
      const menu = document.querySelector('.ctadata-PlacesMenu')!;
      const text = menu.textContent ?? '';
      menu.dispatchEvent(new KeyboardEvent('keydown', { keyCode: 27 }));
      await settle(5);
      return text.includes('dCache dev  /cta');
    },
    seen: [false, true]
  }
};

const PROPERTIES = schema.properties as Record<
  string,
  { default: unknown; description: string }
>;

/** The keys of which the schema says that JupyterLab's file browser has them as well. */
const SHARED = Object.keys(PROPERTIES).filter(key =>
  PROPERTIES[key].description.includes(
    'What is set for JupyterLab’s file browser holds here'.replace('’', "'")
  )
);

describe('The settings', () => {
  let laboratory: Lab | null = null;

  async function at(options: ILabOptions, effect: IEffect): Promise<Lab> {
    laboratory = await lab({
      ...options,
      answer: ({ path }) => (path.includes('/listing/') ? FILES : null)
    });
    if (!effect.isForStart) {
      await laboratory.show();
    }
    return laboratory;
  }

  afterEach(() => {
    laboratory?.dispose();
    laboratory = null;
    document.body.innerHTML = '';
  });

  it('should all be shown here to do something', () => {
    expect(Object.keys(EFFECTS).sort()).toEqual(Object.keys(PROPERTIES).sort());
  });

  it('should be without a server what they are with one', () => {
    const defaults = Object.fromEntries(
      Object.entries(PROPERTIES).map(([key, value]) => [key, value.default])
    );
    expect(DEFAULTS).toEqual(defaults);
  });

  describe.each(Object.entries(EFFECTS))('%s', (key, effect) => {
    const [before, after] = effect.seen;

    it('should hold from the start', async () => {
      const made = await at({ settings: { [key]: effect.value } }, effect);
      expect(await effect.see(made)).toEqual(after);
    });

    it('should not hold unless it is set, and at once when it is', async () => {
      const made = await at({}, effect);
      expect(await effect.see(made)).toEqual(before);
      if (!effect.isForStart) {
        await made.set(key, effect.value);
        expect(await effect.see(made)).toEqual(after);
      }
    });
  });

  it('should follow no document while the panel is hidden', async () => {
    const settings = { navigateToCurrentDirectory: true };
    const effect = EFFECTS.navigateToCurrentDirectory;
    const made = await at({ settings }, effect);
    made.panel.hide();
    expect(await effect.see(made)).toBe('/lst');
  });

  describe.each(SHARED)('%s of JupyterLab’s file browser', key => {
    const { seen, value, ...effect } = EFFECTS[key];
    const theirs = { [key]: value };

    it('should hold here', async () => {
      const made = await at({ theirs }, { ...effect, seen, value });
      expect(await effect.see(made)).toEqual(seen[1]);
    });

    it('should not where ours says otherwise', async () => {
      const settings = { [key]: PROPERTIES[key].default };
      const made = await at({ theirs, settings }, { ...effect, seen, value });
      expect(await effect.see(made)).toEqual(seen[0]);
    });
  });
});
