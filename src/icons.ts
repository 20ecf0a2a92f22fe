/** Our icons. */

import { LabIcon } from '@jupyterlab/ui-components';

import bookmark from '../style/icons/bookmark.svg';
import computer from '../style/icons/computer.svg';
import folderUpload from '../style/icons/folder-upload.svg';
import lock from '../style/icons/lock.svg';
import move from '../style/icons/move.svg';
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

/** A screen: the user's own computer. */
export const computerIcon = new LabIcon({
  name: 'ctadata_jlab:computer',
  svgstr: computer
});

/** A folder with an arrow that goes up. */
export const folderUploadIcon = new LabIcon({
  name: 'ctadata_jlab:folder-upload',
  svgstr: folderUpload
});

/** A padlock: nothing can be changed. */
export const lockIcon = new LabIcon({
  name: 'ctadata_jlab:lock',
  svgstr: lock
});

/** A folder with an arrow that goes in. */
export const moveIcon = new LabIcon({
  name: 'ctadata_jlab:move',
  svgstr: move
});

/** A ribbon: folders to come back to. */
export const bookmarkIcon = new LabIcon({
  name: 'ctadata_jlab:bookmark',
  svgstr: bookmark
});
