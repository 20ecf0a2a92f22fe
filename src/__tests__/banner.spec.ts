import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { ServerError } from '../request';
import { Banner } from '../widgets/banner';
import { settle } from './server';

async function shown(hint: string): Promise<Banner> {
  const banner = new Banner({
    trans: nullTranslator.load(''),
    onRetry: () => undefined,
    onLogin: () => undefined
  });
  Widget.attach(banner, document.body);
  const said = { error: 'NotLoggedIn', message: 'No token.', retryable: false };
  banner.error = new ServerError({ ...said, hint }, 403);
  for (let n = 0; n < 200 && !banner.node.querySelector('button'); n++) {
    await settle(5);
  }
  return banner;
}

describe('Banner', () => {
  it('should show a short hint, and the buttons', async () => {
    const banner = await shown('Log in.');
    expect(banner.node.querySelector('details')).toBeNull();
    expect(banner.node.textContent).toContain('Log in.');
    expect(banner.node.textContent).toContain('Log in…');
    banner.dispose();
  });

  it('should fold a long hint, so that the buttons stay in sight', async () => {
    const places = 'the file token: no token there; '.repeat(20);
    const banner = await shown(places);
    const folded = banner.node.querySelector('details')!;
    expect(folded.open).toBe(false);
    expect(folded.textContent).toContain(places);
    expect(folded.querySelector('button')).toBeNull();
    banner.dispose();
  });
});
