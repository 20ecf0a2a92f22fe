import { ReactWidget } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { DeviceLogin } from '../device';
import { SourcesModel } from '../sources';
import { Attempts } from '../widgets/attempts';
import { DeviceView, QrCode } from '../widgets/device';
import { askLogin, factsOf } from '../widgets/logindialog';
import type { IAttempt, ILogin, IPending } from '../wire';
import missing from '../../tests/fixtures/wire/login-missing.json';
import list from '../../tests/fixtures/wire/sources.json';
import { serve, settle, until } from './server';
import type { IAnswer, IAsked } from './server';

const trans = nullTranslator.load('');
const PENDING: IPending = {
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://login.example/device',
  verification_uri_complete: 'https://login.example/device?c=WDJB-MJHT',
  expires_in: 600,
  interval: 5
};
const NAME = list[0].name;

/** A server with one login by code, which the test moves. */
class Server {
  login: Partial<ILogin> = { device: true, pending: null, problem: null };
  refuses: IAnswer | null = null;
  /** Whether oidc-agent needs no code. */
  opens = false;
  asked: IAsked[] = [];

  async sources(): Promise<SourcesModel> {
    const { settings, asked } = serve(one => this._answer(one));
    this.asked = asked;
    const sources = new SourcesModel({ serverSettings: settings });
    await sources.load();
    await sources.refreshLogin(NAME);
    return sources;
  }

  private _answer({ method, path, body }: IAsked): IAnswer {
    if (path === 'ctadata-jlab/sources') {
      return { json: list };
    }
    if (method === 'POST') {
      if (this.refuses) {
        return this.refuses;
      }
      if (this.opens && body) {
        this.login = { ...this.login, state: 'ok', source: 'oidc-agent' };
        return { json: { ...missing, ...this.login } };
      }
      this.login = { ...this.login, pending: PENDING, problem: null };
      return { json: PENDING };
    }
    if (method === 'DELETE') {
      this.login = { ...this.login, pending: null };
      return { status: 204 };
    }
    return { json: { ...missing, ...this.login } };
  }
}

function shown(element: JSX.Element): Widget {
  const widget = ReactWidget.create(element);
  Widget.attach(widget, document.body);
  return widget;
}

describe('DeviceLogin', () => {
  let server: Server;
  let device: DeviceLogin;
  let now = 1000;

  beforeEach(async () => {
    server = new Server();
    now = 1000;
    device = new DeviceLogin({
      sources: await server.sources(),
      name: NAME,
      period: 5,
      now: () => now
    });
  });

  afterEach(() => device.dispose());

  it('should show the code until the server says that it is confirmed', async () => {
    const phases: string[] = [];
    device.changed.connect(() => phases.push(device.phase));
    expect(device.isOffered).toBe(true);
    await device.start();
    expect(device.pending?.user_code).toBe('WDJB-MJHT');
    now += 90;
    expect(device.secondsLeft).toBe(510);
    await settle(30);
    expect(device.phase).toBe('waiting');
    server.login = { state: 'ok', device: true, pending: null, problem: null };
    await until(() => device.phase === 'done');
    expect(device.pending).toBeNull();
    expect(phases[0]).toBe('starting');
  });

  it('should tell why it came to nothing, and start again', async () => {
    await device.start();
    server.login = {
      ...server.login,
      pending: null,
      problem: {
        error: 'NotLoggedIn',
        message: 'The login was declined in the browser.',
        hint: 'Start again.',
        retryable: false
      }
    };
    await until(() => device.phase === 'failed');
    expect(device.error?.message).toContain('declined');
    await device.start();
    expect([device.phase, device.error]).toEqual(['waiting', null]);
  });

  it('should stay offered when the list of sources is read again', async () => {
    const sources = await server.sources();
    const other = new DeviceLogin({ sources, name: NAME });
    await sources.load();
    expect(other.isOffered).toBe(true);
    other.dispose();
  });

  it('should tell that there is no code', async () => {
    server.refuses = {
      status: 502,
      json: { error: 'Unreachable', message: 'Nobody there.', hint: '' }
    };
    await device.start();
    expect([device.phase, device.error?.name]).toEqual([
      'failed',
      'Unreachable'
    ]);
  });

  it('should show the login that another page began meanwhile, and give it up', async () => {
    server.refuses = {
      status: 502,
      json: { error: 'Busy', message: 'Another is under way.', hint: '' }
    };
    server.login = { ...server.login, pending: PENDING };
    await device.start();
    expect([device.phase, device.error]).toEqual(['waiting', null]);
    expect(device.pending?.user_code).toBe('WDJB-MJHT');
    await device.cancel();
    expect(server.asked.some(({ method }) => method === 'DELETE')).toBe(true);
  });

  it('should give up', async () => {
    await device.start();
    await device.cancel();
    expect(device.phase).toBe('idle');
    expect(server.asked.some(({ method }) => method === 'DELETE')).toBe(true);
    await device.cancel();
    const deletions = server.asked.filter(({ method }) => method === 'DELETE');
    expect(deletions).toHaveLength(1);
  });

  it('should go idle when another page gives up', async () => {
    await device.start();
    server.login = { ...server.login, pending: null };
    await until(() => device.phase === 'idle');
  });

  it('should join a login that is under way, and ask nobody once disposed', async () => {
    await device.start();
    const other = new DeviceLogin({
      sources: await server.sources(),
      name: NAME,
      period: 5
    });
    expect(other.pending?.user_code).toBe('WDJB-MJHT');
    other.dispose();
    const { asked } = server;
    await settle(20);
    const count = asked.length;
    await settle(30);
    expect(asked.length).toBe(count);
  });
});

describe('DeviceView', () => {
  it('should show code, link, picture and time, and no second field', async () => {
    const server = new Server();
    const device = new DeviceLogin({
      sources: await server.sources(),
      name: NAME
    });
    const widget = shown(<DeviceView device={device} trans={trans} />);
    const { node } = widget;
    await until(() => !!node.querySelector('button'));
    expect(node.querySelector('button')?.textContent).toBe('Log in');
    await device.start();
    await until(() => !!node.querySelector('output'));
    expect(node.querySelector('output')?.textContent).toBe('WDJB-MJHT');
    const link = node.querySelector('a');
    expect(link?.href).toBe(PENDING.verification_uri_complete);
    expect([link?.target, link?.rel]).toEqual([
      '_blank',
      'noopener noreferrer'
    ]);
    expect(node.querySelector('svg path')?.getAttribute('d')).toMatch(/^M0 0h/);
    expect(node.textContent).toMatch(/Valid for (10 min|9 min 5\d s)/);
    expect(node.querySelector('textarea, input')).toBeNull();
    widget.dispose();
    device.dispose();
  });

  it('should do without a picture of what is too long', async () => {
    const widget = shown(
      <p>
        <QrCode text={'x'.repeat(5000)} label="" />
      </p>
    );
    await until(() => !!widget.node.querySelector('p'));
    expect(widget.node.querySelector('svg')).toBeNull();
    widget.dispose();
  });
});

describe('DeviceView with an oidc-agent', () => {
  const PASSWORD = 'typed by hand';
  let server: Server;
  let device: DeviceLogin;
  let widget: Widget;

  async function show(login: Partial<ILogin>): Promise<void> {
    server = new Server();
    server.login = { ...server.login, ...login };
    device = new DeviceLogin({ sources: await server.sources(), name: NAME });
    widget = shown(<DeviceView device={device} trans={trans} />);
    await until(() => !!widget.node.querySelector('button'));
  }

  const fields = (): HTMLInputElement[] => [
    ...widget.node.querySelectorAll<HTMLInputElement>('input[type="password"]')
  ];
  const posted = (): unknown[] =>
    server.asked
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => body);
  const click = (name: string): void =>
    widget.node.querySelector<HTMLElement>(name)!.click();

  afterEach(() => {
    widget.dispose();
    device.dispose();
  });

  it('should want a new password twice, and send it once', async () => {
    await show({ agent: { account: 'kk', exists: false } });
    expect(fields()).toHaveLength(2);
    fields()[0].value = PASSWORD;
    click('.ctadata-Device-start');
    await until(() => !!widget.node.querySelector('[role="alert"]'));
    expect(posted()).toEqual([]);
    fields()[1].value = PASSWORD;
    click('.ctadata-Device-start');
    await until(() => !!widget.node.querySelector('output'));
    expect(posted()).toEqual([{ password: PASSWORD }]);
    expect(fields()).toEqual([]);
    expect(widget.node.innerHTML).not.toContain(PASSWORD);
  });

  it('should do without the agent where that is wanted', async () => {
    await show({ agent: { account: 'kk', exists: false } });
    click('input[type="checkbox"]');
    await until(() => fields().length === 0);
    click('.ctadata-Device-start');
    await until(() => !!widget.node.querySelector('output'));
    expect(posted()).toEqual([{}]);
  });

  it('should leave no choice where only the agent is wanted', async () => {
    await show({ device: false, agent: { account: 'kk', exists: true } });
    const box = widget.node.querySelector<HTMLInputElement>(
      'input[type="checkbox"]'
    )!;
    expect([device.isOffered, box.checked, box.disabled]).toEqual([
      true,
      true,
      true
    ]);
    expect(fields()).toHaveLength(1);
  });

  it('should open an account that exists without a code', async () => {
    await show({ agent: { account: 'kk', exists: true } });
    server.opens = true;
    expect(fields()).toHaveLength(1);
    click('.ctadata-Device-start'); // the older client's have none
    await until(() => device.phase === 'done');
    expect(posted()).toEqual([{ password: '' }]);
  });

  it('should keep what was typed where it was refused, and log out', async () => {
    const agent = { account: 'kk', exists: true };
    await show({ agent, state: 'ok', source: 'oidc-agent' });
    fields()[0].value = PASSWORD;
    server.refuses = {
      status: 403,
      json: { error: 'NotLoggedIn', message: 'Wrong password.', hint: '' }
    };
    click('.ctadata-Agent-leave');
    await until(() => device.phase === 'failed');
    await until(() => !!widget.node.querySelector('[role="alert"]'));
    expect(widget.node.textContent).toContain('Wrong password.');
    expect(fields()[0].value).toBe(PASSWORD);
    server.refuses = null;
    server.opens = true;
    click('.ctadata-Agent-leave');
    await until(() => device.phase === 'done');
    const body = { password: PASSWORD, end: true };
    expect(posted()).toEqual([body, body]);
  });
});

describe('Attempts', () => {
  it('should ask nobody before it is unfolded, then tell every place', async () => {
    let count = 0;
    const look = async (): Promise<IAttempt[]> => {
      count += 1;
      return [
        { source: 'a', place: 'BEARER_TOKEN', outcome: 'not set', ok: false },
        { source: 'b', place: 'the file', outcome: 'a token', ok: true }
      ];
    };
    const widget = shown(<Attempts look={look} trans={trans} />);
    await until(() => !!widget.node.querySelector('details'));
    expect(count).toBe(0);
    unfold(widget.node);
    await until(() => widget.node.querySelectorAll('li').length === 2);
    expect(widget.node.textContent).toContain('BEARER_TOKEN: not set');
    expect(widget.node.querySelector('li.ctadata-mod-ok')?.textContent).toBe(
      'the file: a token'
    );
    widget.dispose();
  });

  it('should tell that looking failed', async () => {
    const look = (): Promise<IAttempt[]> => Promise.reject(new Error('away'));
    const widget = shown(<Attempts look={look} trans={trans} />);
    await until(() => !!widget.node.querySelector('details'));
    unfold(widget.node);
    await until(() => !!widget.node.querySelector('[role="alert"]'));
    expect(widget.node.textContent).toContain('away');
    widget.dispose();
  });
});

describe('factsOf', () => {
  it('should tell who, until when, what is allowed, for whom and from where', () => {
    const login = list[0].login as ILogin;
    const facts = new Map(factsOf(login, (login.until ?? 0) - 90, trans));
    expect(facts.get('Who')).toBe('alice');
    expect(facts.get('Until')).toMatch(/1 min 30 s left/);
    expect(facts.get('Allowed')).toBe('may read everything, write below /lst');
    expect(facts.get('For')).toBe('https://dcache.example');
    expect(facts.get('Token from')).toBe('file');
    const other = { ...login, may: '', scopes: ['openid', 'lst'] };
    expect(new Map(factsOf(other, 0, trans)).get('Allowed')).toBe('openid lst');
  });
});

/** Unfold the details, as jsdom does not by a click. */
function unfold(node: HTMLElement): void {
  const details = node.querySelector('details')!;
  details.open = true;
  details.dispatchEvent(new Event('toggle'));
}

describe('askLogin', () => {
  it('should open one dialog however many ask, and close it on success', async () => {
    const server = new Server();
    const sources = await server.sources();
    const answers = [1, 2].map(() => askLogin(sources, NAME, trans));
    const bodies = (): NodeListOf<Element> =>
      document.querySelectorAll('.ctadata-Login');
    await until(() => !!document.querySelector('.ctadata-Device-start'));
    expect(bodies()).toHaveLength(1);
    expect(bodies()[0].querySelectorAll('textarea')).toHaveLength(1);
    document.querySelector<HTMLButtonElement>('.ctadata-Device-start')!.click();
    await until(() => !!document.querySelector('.ctadata-Device-code'));
    server.login = { state: 'ok', device: true, pending: null, problem: null };
    await sources.refreshLogin(NAME);
    expect(await Promise.all(answers)).toEqual([true, true]);
    await until(() => bodies().length === 0);
  });
});
