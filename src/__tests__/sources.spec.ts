import type { Event } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { SourcesModel } from '../sources';
import type { EventStream, ISourceSettings } from '../sources';
import { LOGIN_EVENT } from '../wire';
import type { ILogin, ISource } from '../wire';
import error from '../../tests/fixtures/wire/error.json';
import missing from '../../tests/fixtures/wire/login-missing.json';
import wire from '../../tests/fixtures/wire/sources.json';
import { serve, settle } from './server';
import type { IAnswer, IAsked } from './server';

const SETTINGS: ISourceSettings = {
  ...{ name: 'my store', title: 'Mine', kind: 'webdav', root: '/', home: '/' },
  ...{ url: 'https://door.example', ca: '', read_only: false },
  ...{ production: false, account: '', region: '' },
  login: { kind: 'file', issuer: '', client_id: '', file: '/token', user: '' }
};

describe('SourcesModel', () => {
  let sources: SourcesModel;
  let asked: IAsked[];
  let stream: Signal<Event.IManager, Event.Emission>;
  let answer: (asked: IAsked) => IAnswer;
  let changes: number;

  const usual = ({ path, method }: IAsked): IAnswer =>
    path.endsWith('/sources')
      ? { json: wire }
      : method === 'DELETE'
        ? { status: 204 }
        : { json: missing };

  beforeEach(() => {
    answer = usual;
    const server = serve(one => answer(one));
    asked = server.asked;
    stream = new Signal({} as Event.IManager);
    sources = new SourcesModel({
      serverSettings: server.settings,
      stream: stream as unknown as EventStream
    });
    changes = 0;
    sources.changed.connect(() => (changes += 1));
  });

  afterEach(() => sources.dispose());

  const told = (): string[] =>
    asked.map(({ method, path }) => `${method} ${path.slice(13)}`);

  it('should ask nothing before it is loaded, and keep the server’s order', async () => {
    expect(asked).toEqual([]);
    expect(sources.list).toEqual([]);
    await sources.load();
    expect(sources.list.map(({ name }) => name)).toEqual(['dcache', 'local']);
    expect(sources.find('local')?.title).toBe('Workspace');
    expect(sources.find('none')).toBeUndefined();
    expect(sources.error).toBeNull();
    expect(changes).toBe(1);
  });

  it('should keep what it knows if the server fails, and say why until it does not', async () => {
    await sources.load();
    answer = () => ({ status: 502, json: error });
    await sources.load();
    expect(sources.error?.message).toBe(error.message);
    expect(sources.list).toHaveLength(2);
    expect(changes).toBe(2);
    answer = usual;
    await sources.load();
    expect(sources.error).toBeNull();
  });

  it('should make a new list for a login, and leave the old one and the others alone', async () => {
    const before = await sources.load();
    await sources.refreshLogin('dcache');
    expect(sources.find('dcache')?.login).toEqual(missing);
    expect(before[0].login.state).toBe('ok');
    expect(sources.list[1]).toBe(before[1]);
    expect(told().pop()).toBe('GET login/dcache');
  });

  it('should not forget by a list what only the login’s own answer tells', async () => {
    await sources.load();
    const login = { ...missing, device: true, pending: null, agent: null };
    answer = one =>
      one.path.includes('/login/') ? { json: login } : usual(one);
    await sources.refreshLogin('dcache');
    await sources.load();
    expect(sources.find('dcache')?.login).toMatchObject({
      state: 'ok', // the list knows that better
      device: true,
      pending: null,
      agent: null
    });
  });

  it('should ask for the login of which an event tells, and for all if that fails', async () => {
    await sources.load();
    const emit = (schema: string) =>
      stream.emit({ schema_id: schema, source: 'dcache' });
    emit('https://elsewhere');
    await settle(5);
    expect(asked).toHaveLength(1);
    emit(LOGIN_EVENT);
    await settle(5);
    expect(told().slice(1)).toEqual(['GET login/dcache']);
    answer = one =>
      one.path.includes('/login/') ? { status: 404, json: error } : usual(one);
    emit(LOGIN_EVENT);
    await settle(5);
    expect(told().slice(2)).toEqual(['GET login/dcache', 'GET sources']);
    sources.dispose();
    emit(LOGIN_EVENT);
    await settle(5);
    expect(asked).toHaveLength(4);
  });

  it('should give a token without the space around it, in no URL', async () => {
    await sources.load();
    await sources.login('dcache', '  se.cr.et\n');
    const { method, path, body } = asked[asked.length - 1];
    expect([method, body]).toEqual(['POST', { token: 'se.cr.et' }]);
    expect(path).toBe('ctadata-jlab/login/dcache');
    expect(sources.find('dcache')?.login).toEqual(missing);
  });

  it('should tell the code of a login that waits, or that none is needed', async () => {
    await sources.load();
    const pending = {
      ...{ user_code: 'AB-CD', verification_uri: 'https://issuer.example' },
      ...{ verification_uri_complete: null, expires_in: 60, interval: 5 }
    };
    answer = () => ({ json: pending });
    expect(await sources.startLogin('dcache')).toEqual(pending);
    expect(sources.find('dcache')?.login.state).toBe('ok'); // not yet another
    answer = () => ({ json: missing });
    expect(await sources.startLogin('dcache', 'pass')).toBeNull();
    expect(asked[asked.length - 1].body).toEqual({ password: 'pass' });
    expect(sources.find('dcache')?.login).toEqual(missing);
  });

  it('should tell what each place for tokens had', async () => {
    const places = [
      { source: 'file', place: '/t', outcome: 'none', ok: false }
    ];
    answer = () => ({ json: { places } });
    expect(await sources.explainLogin('dcache')).toEqual(places);
    expect(told()).toEqual(['GET login/dcache?places=1']);
  });

  it('should log out, and then know how that left the login', async () => {
    await sources.load();
    await sources.logout('dcache');
    expect(told().slice(1)).toEqual([
      'DELETE login/dcache',
      'GET login/dcache'
    ]);
    const left: ILogin | undefined = sources.find('dcache')?.login;
    expect(left).toEqual(missing);
    await sources.leaveAgent('dcache', 'pass');
    expect(asked[asked.length - 1].body).toEqual({
      password: 'pass',
      end: true
    });
  });

  it('should configure a source by its name in the address, and list the sources again', async () => {
    await sources.configure(SETTINGS);
    expect(told()).toEqual(['PUT sources/my%20store/settings', 'GET sources']);
    const { name: _, ...rest } = SETTINGS;
    expect(asked[0].body).toEqual(rest);
  });

  it('should send nothing that is not a setting', async () => {
    const more = { ...SETTINGS, token: 'secret' };
    (more.login as Record<string, string>).password = 'secret';
    await sources.configure(more);
    expect(JSON.stringify(asked)).not.toContain('secret');
  });

  it('should not list anew what it only tries, or what was refused', async () => {
    answer = () => ({ json: { folder: '/' } });
    expect(await sources.tryOut(SETTINGS)).toEqual({ folder: '/' });
    expect(told()).toEqual(['POST sources/my%20store/trial']);
    answer = () => ({ status: 400, json: error });
    await expect(sources.configure(SETTINGS)).rejects.toMatchObject({
      name: error.error
    });
    await expect(sources.remove('x')).rejects.toMatchObject({
      name: error.error
    });
    expect(told()).not.toContain('GET sources');
  });

  it('should list anew after one is removed', async () => {
    await sources.load();
    answer = one =>
      one.method === 'GET' ? { json: [wire[1] as ISource] } : { status: 204 };
    await sources.remove('dcache');
    expect(told().slice(1)).toEqual([
      'DELETE sources/dcache/settings',
      'GET sources'
    ]);
    expect(sources.find('dcache')).toBeUndefined();
  });

  it('should tell the kinds there are, and how a source is configured', async () => {
    answer = ({ path }) => ({ json: path.endsWith('kinds') ? [] : SETTINGS });
    expect(await sources.kinds()).toEqual([]);
    expect(await sources.settings('my store')).toEqual(SETTINGS);
    expect(told()).toEqual(['GET kinds', 'GET sources/my%20store/settings']);
  });
});
