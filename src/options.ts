/** What users can set. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IRecipe } from './snippets';

/** The settings as plain values. */
export interface IValues {
  /** The side of the window. */
  side: 'left' | 'right';
  /** The largest file that is opened, in MB. */
  openLimit: number;
  /** Whether names with a leading dot are shown. */
  showHidden: boolean;
  /** Whether the column of times is shown. */
  showModified: boolean;
  /** Whether the column of sizes is shown. */
  showSize: boolean;
  /** How often a visible listing is refreshed, in seconds. */
  refreshInterval: number;
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
}

/** The values without any setting. */
export const DEFAULTS: IValues = {
  side: 'left',
  openLimit: 10,
  showHidden: false,
  showModified: true,
  showSize: true,
  refreshInterval: 300,
  confirmDelete: true,
  defaultSource: '',
  notifyOnEnd: true,
  openAtStart: false,
  snippets: []
};

/** The user's settings as one value that changes by a signal. */
export class Options {
  /** The values now. */
  get values(): Readonly<IValues> {
    return this._values;
  }

  /** A signal emitted when a setting changed. */
  get changed(): ISignal<this, Readonly<IValues>> {
    return this._changed;
  }

  /** Take the values of JupyterLab's settings, now and whenever they change. */
  follow(settings: ISettingRegistry.ISettings): void {
    const read = (): void => {
      const composite = settings.composite as Partial<IValues>;
      this._values = { ...DEFAULTS, ...composite };
      this._changed.emit(this._values);
    };
    settings.changed.connect(read);
    read();
  }

  private _values: IValues = DEFAULTS;
  private _changed = new Signal<this, Readonly<IValues>>(this);
}
