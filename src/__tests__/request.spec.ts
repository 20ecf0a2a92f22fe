import {
  asServerError,
  encodePath,
  requestAPI,
  routeUrl,
  ServerError
} from '../request';
import error from '../../tests/fixtures/wire/error.json';
import { BASE, serve } from './server';

describe('requestAPI', () => {
  it('should ask below the base URL and return the JSON', async () => {
    const { settings, asked } = serve(() => ({ json: [1] }));
    expect(await requestAPI('sources', settings)).toEqual([1]);
    expect(asked.map(({ path }) => path)).toEqual(['ctadata-jlab/sources']);
  });

  it('should return nothing for 204', async () => {
    const { settings } = serve(() => ({ status: 204 }));
    expect(await requestAPI('jobs/1', settings)).toBeUndefined();
  });

  it('should reject with name, message, hint and status of the answer', async () => {
    const { settings } = serve(() => ({ status: 404, json: error }));
    const reason = await requestAPI('x', settings).catch(e => e);
    expect(reason).toBeInstanceOf(ServerError);
    expect(reason).toMatchObject({
      name: 'NotFound',
      message: error.message,
      hint: error.hint,
      retryable: false,
      status: 404,
      response: { status: 404 }
    });
  });

  it("should make an error of a proxy's page", async () => {
    const { settings } = serve(() => ({ status: 503, pieces: ['<html>'] }));
    const reason = await requestAPI('x', settings).catch(e => e);
    expect(reason).toMatchObject({
      name: 'BadAnswer',
      status: 503,
      retryable: true
    });
  });

  it('should take the message of an error of Jupyter itself', async () => {
    const json = { message: "'_xsrf' argument missing", reason: null };
    const { settings } = serve(() => ({ status: 403, json }));
    const reason = await requestAPI('x', settings).catch(e => e);
    expect(reason).toMatchObject({ message: "'_xsrf' argument missing" });
  });

  it('should say that the Jupyter server does not answer', async () => {
    const { settings } = serve(() => Promise.reject(new TypeError('offline')));
    const reason = await requestAPI('x', settings).catch(e => e);
    expect(reason).toMatchObject({ name: 'Unreachable', retryable: true });
  });
});

describe('routeUrl', () => {
  it('should keep what is encoded and add the query', () => {
    const { settings } = serve(() => ({}));
    expect(routeUrl(settings, 'files/d/a%20b%2523', { fresh: '1' })).toBe(
      `${BASE}ctadata-jlab/files/d/a%20b%2523?fresh=1`
    );
  });
});

describe('encodePath', () => {
  it.each([
    ['a b', 'a%20b'],
    ['100%', '100%25'],
    ['a%20b', 'a%2520b'],
    ['x#y?z+w', 'x%23y%3Fz%2Bw'],
    ['caf\u00e9', 'caf%C3%A9'],
    ['cafe\u0301', 'cafe%CC%81'],
    ['d/e:f', 'd/e%3Af']
  ])('should encode %j once, as it is spelled', (path, url) => {
    expect(encodePath(path)).toBe(url);
  });
});

describe('asServerError', () => {
  it('should keep a ServerError and wrap anything else', () => {
    const one = new ServerError(error, 404);
    expect(asServerError(one)).toBe(one);
    expect(asServerError(new Error('oh')).message).toBe('oh');
    expect(asServerError('oh').name).toBe('ServerFault');
  });
});
