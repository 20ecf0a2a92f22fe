/** What JupyterLab's start does not wait for. */

/** The dialogs and previews, loaded once. */
export function dialogs(): Promise<typeof import('./widgets/dialogs')> {
  return import('./widgets/dialogs');
}
