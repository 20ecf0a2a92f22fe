/** A login's state in words, for the badge. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { duration } from './format';
import type { ILogin } from './wire';

/** What the badge says and how it looks. */
export interface IBadge {
  /** A few words. */
  text: string;
  /** A sentence. */
  title: string;
  /** How it looks. */
  tone: 'ok' | 'soon' | 'bad' | 'none';
}

/** How long before its end a token is said to end soon, in seconds. */
const SOON = 300;

/** The badge of a login at a time (seconds since the epoch). */
export function badgeOf(
  login: ILogin,
  now: number,
  trans: TranslationBundle
): IBadge {
  if (!login.needed || login.state === 'none') {
    const text = trans.__('no login needed');
    return { text, title: text, tone: 'none' };
  }
  const left = login.until === null ? null : login.until - now;
  const ended = left !== null && left <= 0;
  if (login.state === 'ok' && !ended) {
    const who = login.subject || trans.__('logged in');
    const text = left === null ? who : `${who} · ${duration(left)}`;
    const title = [
      trans.__('Logged in as %1', who),
      login.may,
      left === null ? '' : trans.__('the token ends in %1', duration(left)),
      login.source ? trans.__('from %1', login.source) : ''
    ]
      .filter(Boolean)
      .join('; ');
    return { text, title, tone: left !== null && left < SOON ? 'soon' : 'ok' };
  }
  const text =
    login.state === 'missing'
      ? trans.__('no token')
      : login.state === 'error'
        ? trans.__('token error')
        : trans.__('token expired');
  return {
    text,
    title: login.hint ? `${text}: ${login.hint}` : text,
    tone: 'bad'
  };
}
