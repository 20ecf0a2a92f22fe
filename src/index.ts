/** Remote scientific storage beside the notebook: the list of plugins. */

import { browserPlugin } from './plugins/browser';
import { commandsPlugin } from './plugins/commands';
import { drivePlugin } from './plugins/drive';
import { settingsPlugin } from './plugins/settings';
import { statusPlugin } from './plugins/status';
import { transfersPlugin } from './plugins/transfers';

export * from './tokens';

export default [
  settingsPlugin,
  drivePlugin,
  transfersPlugin,
  browserPlugin,
  commandsPlugin,
  statusPlugin
];
