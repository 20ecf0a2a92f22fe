/** Dialogs and previews: a chunk of their own, which is loaded when one is asked for (`later.ts`). */

export { showDetails, showJob } from './details';
export { askLogin } from './logindialog';
export { Preview } from './preview';
export { askService } from './rundialog';
export { Runs } from './runs';
export { editSource } from './sourcedialog';
