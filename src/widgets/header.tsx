/** The top of the panel: which source, prod or dev, and who is logged in. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { bookmarkIcon, lockIcon } from '../icons';
import { badgeOf } from '../login';
import { isPair, remoteOf, twinOf } from '../toggle';
import type { ISource } from '../wire';

/** What the header shows and whom it tells. */
export interface IHeaderProps {
  sources: readonly ISource[];
  current: ISource | undefined;
  now: number;
  isBusy: boolean;
  trans: TranslationBundle;
  onSwitch(name: string): void;
  onPick(name: string): void;
  onLogin(): void;
  onPlaces(button: HTMLElement): void;
  onRefresh(): void;
}

/** The row with toggle, picker, badge and refresh. */
export function Header(props: IHeaderProps): JSX.Element {
  const { current, isBusy, trans, onPlaces, onRefresh } = props;
  return (
    <div className="ctadata-Header-row">
      <Toggle {...props} />
      <Picker {...props} />
      {current && !current.traits.writable && <Lock {...props} />}
      <span className="ctadata-Header-end">
        {current && <Badge {...props} />}
        <button
          className="ctadata-iconButton"
          title={trans.__('Places: my folder, bookmarks, recent folders')}
          aria-label={trans.__('Places')}
          aria-haspopup="menu"
          aria-expanded={false}
          onClick={event => onPlaces(event.currentTarget)}
        >
          <bookmarkIcon.react tag="span" width="16px" height="16px" />
        </button>
        <button
          className={`ctadata-iconButton${isBusy ? ' ctadata-mod-busy' : ''}`}
          title={trans.__('Refresh: ask the storage again')}
          aria-label={trans.__('Refresh')}
          aria-busy={isBusy}
          onClick={onRefresh}
        >
          <refreshIcon.react tag="span" width="16px" height="16px" />
        </button>
      </span>
    </div>
  );
}

function Lock({ current, trans }: IHeaderProps): JSX.Element {
  const words = trans.__(
    '%1 is read-only: nothing can be changed there.',
    current?.title ?? ''
  );
  return (
    <span className="ctadata-Lock" role="img" aria-label={words} title={words}>
      <lockIcon.react tag="span" width="16px" height="16px" />
    </span>
  );
}

function Toggle(props: IHeaderProps): JSX.Element | null {
  const { sources, current, trans, onSwitch } = props;
  const twin = current && twinOf(sources, current.name);
  if (!current || !twin) {
    return current?.production ? (
      <span className="ctadata-prodMark">{trans.__('PROD')}</span>
    ) : null;
  }
  const [prod, dev] = current.production ? [current, twin] : [twin, current];
  const side = (source: ISource, label: string): JSX.Element => {
    const isHere = source.name === current.name;
    return (
      <button
        role="radio"
        aria-checked={isHere}
        data-source={source.name}
        className={`ctadata-Toggle-side${isHere ? ' ctadata-mod-here' : ''}`}
        title={
          isHere
            ? trans.__('You are on %1', source.title)
            : trans.__('Switch to %1', source.title)
        }
        onClick={() => !isHere && onSwitch(source.name)}
      >
        {label}
      </button>
    );
  };
  return (
    <span
      role="radiogroup"
      aria-label={trans.__('Production or development')}
      className="ctadata-Toggle"
    >
      {side(prod, trans.__('PROD'))}
      {side(dev, trans.__('dev'))}
    </span>
  );
}

function Picker(props: IHeaderProps): JSX.Element | null {
  const { sources, current, trans, onPick } = props;
  const remote = remoteOf(sources);
  if (isPair(sources)) {
    return <span className="ctadata-Header-title">{current?.title ?? ''}</span>;
  }
  return (
    <HTMLSelect
      className="ctadata-Picker"
      value={current?.name ?? ''}
      aria-label={trans.__('Storage')}
      title={trans.__('Storage')}
      onChange={event => onPick(event.currentTarget.value)}
    >
      {remote.map(source => (
        <option key={source.name} value={source.name}>
          {source.title}
        </option>
      ))}
    </HTMLSelect>
  );
}

function Badge(props: IHeaderProps): JSX.Element | null {
  const { current, now, trans, onLogin } = props;
  if (!current) {
    return null;
  }
  const badge = badgeOf(current.login, now, trans);
  return (
    <button
      className={`ctadata-Badge ctadata-mod-${badge.tone}`}
      title={badge.title}
      aria-label={trans.__('Login: %1', `${badge.text}; ${badge.title}`)}
      onClick={onLogin}
    >
      <span className="ctadata-Badge-dot" aria-hidden="true" />
      <span className="ctadata-Badge-text">{badge.text}</span>
    </button>
  );
}

/** The header as a widget; `render` asks for its properties anew. */
export class HeaderWidget extends ReactWidget {
  /** Construct the widget. */
  constructor(props: () => IHeaderProps) {
    super();
    this.addClass('ctadata-Header');
    this._props = props;
  }

  /** Draw. */
  protected render(): JSX.Element {
    return <Header {...this._props()} />;
  }

  private _props: () => IHeaderProps;
}
