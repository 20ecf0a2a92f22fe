/** What users can set. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { PromiseDelegate } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IRecipe } from './snippets';

/** The keys that JupyterLab's own file browser has as well: what is set there holds here, unless it is set here. */
export interface ISharedValues {
  /** Whether the filter looks at folders, too. */
  filterDirectories: boolean;
  /** Whether the column of times is shown. */
  showLastModifiedColumn: boolean;
  /** Whether the column of sizes is shown. */
  showFileSizeColumn: boolean;
  /** Whether names with a leading dot are shown. */
  showHiddenFiles: boolean;
  /** Whether rows have a box to select them. */
  showFileCheckboxes: boolean;
  /** Whether the crumbs are never shortened. */
  showFullPath: boolean;
  /** Whether notebooks come before other files. */
  sortNotebooksFirst: boolean;
  /** Whether `run2` comes before `run10`. */
  sortFileNamesNaturally: boolean;
  /** Whether one click opens. */
  singleClickNavigation: boolean;
  /** Whether the filter is shown. */
  showFileFilter: boolean;
  /** Whether another folder is shown without the filter. */
  clearFilterOnNavigation: boolean;
  /** How many crumbs at either end of a long path are always shown. */
  breadcrumbs: { minimumLeftItems: number; minimumRightItems: number };
  /** Whether files of the user's computer can be uploaded. */
  allowFileUploads: boolean;
  /** Whether the panel goes to the folder of the document in front. */
  navigateToCurrentDirectory: boolean;
}

/** The settings as plain values. */
export interface IValues extends ISharedValues {
  /** The side of the window. */
  side: 'left' | 'right';
  /** The largest file that is opened, in MB. */
  openLimit: number;
  /** How often a visible listing is refreshed, in seconds. */
  refreshInterval: number;
  /** Whether folders unfold in the list. */
  treeMode: boolean;
  /** Whether deleting asks first. */
  confirmDelete: boolean;
  /** The source shown at the very first start. */
  defaultSource: string;
  /** Whether the end of a transfer is notified. */
  notifyOnEnd: boolean;
  /** Whether the panel is shown when JupyterLab starts. */
  openAtStart: boolean;
  /** The user's own code for notebooks. */
  snippets: IRecipe[];
  /** Folders to come back to, as `source/path`. */
  bookmarks: string[];
}

/** The shared values without any setting. */
const SHARED: ISharedValues = {
  filterDirectories: true,
  showLastModifiedColumn: true,
  showFileSizeColumn: true,
  showHiddenFiles: false,
  showFileCheckboxes: false,
  showFullPath: false,
  sortNotebooksFirst: false,
  sortFileNamesNaturally: true,
  singleClickNavigation: false,
  showFileFilter: true,
  clearFilterOnNavigation: true,
  breadcrumbs: { minimumLeftItems: 1, minimumRightItems: 2 },
  allowFileUploads: true,
  navigateToCurrentDirectory: false
};

/** The values without any setting. */
export const DEFAULTS: IValues = {
  ...SHARED,
  side: 'left',
  openLimit: 10,
  refreshInterval: 300,
  treeMode: false,
  confirmDelete: true,
  defaultSource: '',
  notifyOnEnd: true,
  openAtStart: false,
  snippets: [],
  bookmarks: []
};

/** The user's settings as one value that changes by a signal. */
export class Options {
  /** The values now. */
  get values(): Readonly<IValues> {
    return this._values;
  }

  /** Resolves when the settings have come; never where there are none. */
  get known(): Promise<void> {
    return this._known.promise;
  }

  /** A signal emitted when a setting changed. */
  get changed(): ISignal<this, Readonly<IValues>> {
    return this._changed;
  }

  /** Take the values of JupyterLab's settings, now and whenever they change; *theirs* are those of its file browser. */
  follow(
    settings: ISettingRegistry.ISettings,
    theirs: ISettingRegistry.ISettings | null = null
  ): void {
    const read = (): void => {
      this._values = {
        ...DEFAULTS,
        ...(settings.composite as Partial<IValues>),
        ...sharedOf(theirs),
        ...(settings.user as Partial<IValues>)
      };
      this._changed.emit(this._values);
    };
    this._settings = settings;
    settings.changed.connect(read);
    theirs?.changed.connect(read);
    read();
    this._known.resolve();
  }

  /** Set a value for good, as the settings' editor does; without settings for this page. */
  async set<K extends keyof IValues>(key: K, value: IValues[K]): Promise<void> {
    if (this._settings) {
      await this._settings.set(key, value as string[] | boolean | string);
    } else {
      this._values = { ...this._values, [key]: value };
      this._changed.emit(this._values);
    }
  }

  private _settings: ISettingRegistry.ISettings | null = null;
  private _values: IValues = DEFAULTS;
  private _known = new PromiseDelegate<void>();
  private _changed = new Signal<this, Readonly<IValues>>(this);
}

/** What the user set for JupyterLab's file browser, of the keys that are shared. */
function sharedOf(
  theirs: ISettingRegistry.ISettings | null
): Partial<ISharedValues> {
  const user = (theirs?.user ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(SHARED)
      .filter(([key, value]) => typeof user[key] === typeof value)
      .map(([key]) => [key, user[key]])
  ) as Partial<ISharedValues>;
}
