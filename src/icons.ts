/** Our icons. */

import { LabIcon } from '@jupyterlab/ui-components';

import pause from '../style/icons/pause.svg';
import storage from '../style/icons/storage.svg';

/** A stack of disks with an arrow: remote storage. */
export const storageIcon = new LabIcon({
  name: 'ctadata_jlab:storage',
  svgstr: storage
});

/** Two bars. */
export const pauseIcon = new LabIcon({
  name: 'ctadata_jlab:pause',
  svgstr: pause
});
