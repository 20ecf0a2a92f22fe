/** A code to confirm: in large letters, as a link, and as a picture for a telephone. */

import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import qrcode from 'qrcode-generator';
import * as React from 'react';

import type { DeviceLogin } from '../device';
import { duration } from '../format';
import type { IPending } from '../wire';

/** What the view shows. */
export interface IDeviceProps {
  device: DeviceLogin;
  /** Whether the user is logged in already. */
  isIn?: boolean;
  trans: TranslationBundle;
}

/** The button that starts a login, then the code until it is confirmed. */
export function DeviceView(props: IDeviceProps): JSX.Element | null {
  const { device } = props;
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    device.changed.connect(redraw);
    const clock = window.setInterval(redraw, 1000);
    return () => {
      device.changed.disconnect(redraw);
      window.clearInterval(clock);
    };
  }, [device]);
  const { pending, error } = device;
  return (
    <div className="ctadata-Device">
      {pending ? <Code {...props} pending={pending} /> : <Start {...props} />}
      {error && (
        <p className="ctadata-Login-problem" role="alert">
          {[error.message, error.hint].filter(Boolean).join(' ')}
        </p>
      )}
    </div>
  );
}

/** The button; where an oidc-agent runs, whether that keeps the login, and the password of its account. */
function Start(props: IDeviceProps): JSX.Element {
  const { device, isIn, trans } = props;
  const { agent, phase } = device;
  const [isAgents, setAgents] = React.useState(true);
  const [problem, setProblem] = React.useState('');
  const password = React.useRef<HTMLInputElement>(null);
  const again = React.useRef<HTMLInputElement>(null);
  const isAsking = phase === 'starting';
  const isChoice = device.isBuiltIn;
  const start = (): void => {
    const secret = agent && isAgents ? password.current?.value : undefined;
    const isSame = !again.current || again.current.value === secret;
    setProblem(isSame ? '' : trans.__('The two passwords are not the same.'));
    if (isSame) {
      void device.start(secret);
    }
  };
  return (
    <>
      {agent && (
        <label className="ctadata-Agent-choice">
          <input
            type="checkbox"
            checked={isAgents || !isChoice}
            disabled={isAsking || !isChoice}
            onChange={event => setAgents(event.target.checked)}
          />
          {trans.__('Keep the login in oidc-agent (account %1)', agent.account)}
        </label>
      )}
      {agent && isAgents && (
        <div className="ctadata-Agent-passwords">
          <Password
            field={password}
            label={
              agent.exists
                ? trans.__('Password of the account')
                : trans.__('New password, which encrypts the account')
            }
          />
          {!agent.exists && (
            <Password field={again} label={trans.__('The password again')} />
          )}
        </div>
      )}
      <div className="ctadata-Device-row">
        <button
          className="jp-mod-styled jp-mod-accept ctadata-Device-start"
          disabled={isAsking}
          onClick={start}
        >
          {isAsking
            ? trans.__('Asking…')
            : isIn
              ? trans.__('Log in again')
              : trans.__('Log in')}
        </button>
        {device.isAgents && agent?.exists && isAgents && (
          <button
            className="jp-mod-styled jp-mod-warn ctadata-Agent-leave"
            disabled={isAsking}
            onClick={() => void device.leave(password.current?.value ?? '')}
          >
            {trans.__('Log out of oidc-agent')}
          </button>
        )}
      </div>
      {problem && (
        <p className="ctadata-Login-problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

/** A field that shows nothing; what is typed stays in it until it is sent. */
function Password(props: {
  field: React.RefObject<HTMLInputElement>;
  label: string;
}): JSX.Element {
  return (
    <label className="ctadata-Agent-field">
      {props.label}
      <input
        ref={props.field}
        className="jp-mod-styled"
        type="password"
        autoComplete="new-password"
        spellCheck={false}
      />
    </label>
  );
}

function Code(props: IDeviceProps & { pending: IPending }): JSX.Element {
  const { device, pending, trans } = props;
  const [isCopied, setCopied] = React.useState(false);
  const address = pending.verification_uri_complete ?? pending.verification_uri;
  return (
    <div className="ctadata-Device-columns">
      <div className="ctadata-Device-words">
        <p>{trans.__('Confirm this code in a browser, here or anywhere:')}</p>
        <div className="ctadata-Device-row">
          <output
            className="ctadata-Device-code"
            aria-label={trans.__('Login code')}
          >
            {pending.user_code}
          </output>
          <button
            className="jp-mod-styled"
            onClick={() => {
              Clipboard.copyToSystem(pending.user_code);
              setCopied(true);
            }}
          >
            {isCopied ? trans.__('Copied') : trans.__('Copy')}
          </button>
        </div>
        <p>
          <a href={address} target="_blank" rel="noopener noreferrer">
            {trans.__('Open the login page')}
          </a>
        </p>
        <p className="ctadata-Device-address">{pending.verification_uri}</p>
        <div className="ctadata-Device-row">
          <span className="ctadata-Device-left">
            {trans.__('Valid for %1', duration(device.secondsLeft))}
          </span>
          <button
            className="jp-mod-styled jp-mod-reject"
            onClick={() => void device.cancel()}
          >
            {trans.__('Cancel the login')}
          </button>
        </div>
      </div>
      <QrCode text={address} label={trans.__('The login page as QR code')} />
    </div>
  );
}

/** A text as QR code: dark on white in every theme, as cameras want it. */
export function QrCode(props: {
  text: string;
  label: string;
}): JSX.Element | null {
  const path = React.useMemo(() => modulesOf(props.text), [props.text]);
  if (!path) {
    return null;
  }
  const size = path.count + 8;
  return (
    <svg
      className="ctadata-Device-picture"
      role="img"
      aria-label={props.label}
      viewBox={`-4 -4 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect x={-4} y={-4} width={size} height={size} fill="#fff" />
      <path d={path.d} fill="#000" />
    </svg>
  );
}

/** The dark squares of a QR code as a path; null for a text that is too long. */
function modulesOf(text: string): { count: number; d: string } | null {
  try {
    const code = qrcode(0, 'L');
    code.addData(text);
    code.make();
    const count = code.getModuleCount();
    let d = '';
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        d += code.isDark(row, column) ? `M${column} ${row}h1v1h-1z` : '';
      }
    }
    return { count, d };
  } catch {
    return null;
  }
}
