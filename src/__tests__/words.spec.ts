import { nullTranslator } from '@jupyterlab/translation';

import { bytes, duration, fraction, secondsLeft, speed } from '../format';
import { badgeOf } from '../login';
import type { IJob, ILogin } from '../wire';
import { progressOf, stateOf } from '../words';
import list from '../../tests/fixtures/wire/jobs.json';
import missing from '../../tests/fixtures/wire/login-missing.json';
import sources from '../../tests/fixtures/wire/sources.json';

const trans = nullTranslator.load('');

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KB'],
    [1536, '1.5 KB'],
    [1024 * 1024 - 1, '1 MB'],
    [250 * 1024 * 1024, '250 MB'],
    [5 * 1024 ** 4, '5 TB'],
    [null, ''],
    [undefined, '']
  ])('should say %p as %p', (count, words) => {
    expect(bytes(count)).toBe(words);
  });
});

describe('duration', () => {
  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [60, '1 min'],
    [65, '1 min 5 s'],
    [3599.6, '1 h'],
    [3900, '1 h 5 min'],
    [90000, '1 d 1 h']
  ])('should say %p as %p', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });
});

describe('progress', () => {
  it('should count bytes, else files, and stay within 0 and 1', () => {
    const none = {
      bytes_done: 0,
      bytes_total: 0,
      files_done: 0,
      files_total: 0
    };
    expect(fraction(none)).toBe(0);
    expect(fraction({ ...none, bytes_done: 1, bytes_total: 4 })).toBe(0.25);
    expect(fraction({ ...none, files_done: 1, files_total: 2 })).toBe(0.5);
    expect(fraction({ ...none, bytes_done: 9, bytes_total: 4 })).toBe(1);
  });

  it('should not guess the time left of what stands still', () => {
    expect(secondsLeft(10, 110, 10)).toBe(10);
    expect(secondsLeft(10, 110, 0)).toBeNull();
    expect(secondsLeft(10, 110, null)).toBeNull();
    expect(secondsLeft(110, 110, 10)).toBeNull();
    expect(speed(null)).toBe('');
  });

  it('should tell files, bytes, speed and time left', () => {
    const job = { ...(list[2] as unknown as IJob), speed: 10 };
    expect(stateOf(job, trans)).toBe('downloading');
    expect(progressOf(job, trans)).toBe(
      '123 of 500 files · 700 B / 1.2 KB · 10 B/s · 53 s left'
    );
  });

  it('should say what a blocked job waits for', () => {
    const job = list[1] as unknown as IJob;
    expect(stateOf(job, trans)).toBe('asks you');
    expect(stateOf({ ...job, reason: 'login' }, trans)).toContain('login');
  });
});

describe('badgeOf', () => {
  const ok = sources[0].login as ILogin;
  const until = ok.until as number;

  it('should tell who and how long', () => {
    expect(badgeOf(ok, until - 3600, trans)).toMatchObject({
      text: 'alice · 1 h',
      title:
        'Logged in as alice; may read everything, write below /lst; the token ends in 1 h; from file',
      tone: 'ok'
    });
    expect(badgeOf(ok, until - 60, trans).tone).toBe('soon');
    expect(badgeOf({ ...ok, until: null }, 0, trans).text).toBe('alice');
  });

  it('should be red when ended, missing or broken', () => {
    const bad = missing as ILogin;
    expect(badgeOf(ok, until, trans)).toMatchObject({
      text: 'token expired',
      tone: 'bad'
    });
    expect(badgeOf(bad, 0, trans)).toMatchObject({
      text: 'no token',
      title: 'no token: Log in.',
      tone: 'bad'
    });
    expect(badgeOf({ ...bad, state: 'error' }, 0, trans).tone).toBe('bad');
  });

  it('should be quiet where no login is needed', () => {
    expect(badgeOf(sources[1].login as ILogin, 0, trans).tone).toBe('none');
  });
});
