/** A file's structure, or its beginning, in the main area. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { bytes } from '../format';
import type { IPlace } from '../paths';
import {
  beginningOf,
  levelOf,
  openAtFirst,
  partOf,
  structureOf,
  visible
} from '../preview';
import type { IBeginning, INode, IPart, IStructure } from '../preview';
import { asServerError } from '../request';
import type { ServerError } from '../request';
import { Facts } from './details';
import { Look } from './look';

/** What a preview shows, and of what. */
export interface IPreviewProps {
  place: IPlace;
  /** The file's size in bytes, null if nobody knows. */
  size: number | null;
  settings: ServerConnection.ISettings;
  trans: TranslationBundle;
}

/** Which file is looked into, and how; what is kept over a reload. */
export interface IPreviewed {
  /** The path as JupyterLab spells it. */
  path: string;
  /** The file's size in bytes, null if nobody knows. */
  size: number | null;
  /** The parts of an HDF5 or FITS file, or the beginning of one that is too large to open. */
  look: 'structure' | 'beginning';
}

/** A look into a file. */
export class Preview extends ReactWidget {
  /** Construct the preview; it asks when it is seen. */
  constructor(
    readonly previewed: IPreviewed,
    props: IPreviewProps
  ) {
    super();
    this._props = props;
    this.addClass('ctadata-Preview');
  }

  /** Draw. */
  protected render(): JSX.Element {
    this._isSeen ||= this.isVisible;
    if (!this._isSeen) {
      return <></>;
    }
    return this.previewed.look === 'structure' ? (
      <Structure {...this._props} />
    ) : (
      <Beginning {...this._props} />
    );
  }

  /** Ask now. */
  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.update();
  }

  private _props: IPreviewProps;
  private _isSeen = false;
}

/** What was asked for: not there yet, there, or why not. */
type Asked<T> = T | ServerError | null;

function isFailure(value: unknown): value is ServerError {
  return value instanceof Error;
}

/** Ask once for each *key*; answers to earlier keys are dropped. */
function useAnswer<T>(
  key: string | null,
  ask: (key: string) => Promise<T>
): Asked<T> {
  const [answer, setAnswer] = React.useState<Asked<T>>(null);
  React.useEffect(() => {
    let isCurrent = true;
    setAnswer(null);
    if (key !== null) {
      ask(key).then(
        value => isCurrent && setAnswer(value),
        reason => isCurrent && setAnswer(asServerError(reason))
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return answer;
}

function Beginning(props: IPreviewProps): JSX.Element {
  const { place, settings, size, trans } = props;
  const answer = useAnswer<IBeginning>(place.path, () =>
    beginningOf(place, settings)
  );
  if (answer === null || isFailure(answer)) {
    return <Waiting answer={answer} trans={trans} />;
  }
  const whole = bytes(size) || '?';
  return (
    <>
      <div className="ctadata-Preview-note" role="status">
        {trans.__('The first %1 of %2, read-only.', bytes(answer.shown), whole)}
      </div>
      <pre className="ctadata-Preview-text" tabIndex={0}>
        {answer.text}
      </pre>
    </>
  );
}

function Structure(props: IPreviewProps): JSX.Element {
  const { place, settings, trans } = props;
  const answer = useAnswer<IStructure>(place.path, () =>
    structureOf(place, settings)
  );
  const [chosen, choose] = React.useState<string | null>(null);
  if (answer === null || isFailure(answer)) {
    return <Waiting answer={answer} trans={trans} />;
  }
  return (
    <div className="ctadata-Preview-columns">
      <Tree
        structure={answer}
        chosen={chosen}
        onChoose={choose}
        trans={trans}
      />
      <div className="ctadata-Preview-part" aria-live="polite">
        {chosen === null ? (
          <p>{trans.__('Choose a part to see its data.')}</p>
        ) : (
          <Part {...props} node={chosen} kind={answer.kind} />
        )}
      </div>
    </div>
  );
}

function Waiting(props: {
  answer: ServerError | null;
  trans: TranslationBundle;
}): JSX.Element {
  const { answer, trans } = props;
  return answer ? (
    <div className="ctadata-Preview-failure" role="alert">
      <p>{answer.message}</p>
      <p>{answer.hint}</p>
    </div>
  ) : (
    <p role="status">{trans.__('Reading…')}</p>
  );
}

function Tree(props: {
  structure: IStructure;
  chosen: string | null;
  onChoose(path: string): void;
  trans: TranslationBundle;
}): JSX.Element {
  const { structure, chosen, onChoose, trans } = props;
  const [open, setOpen] = React.useState(() => openAtFirst(structure.nodes));
  const list = React.useRef<HTMLUListElement>(null);
  const shown = visible(structure.nodes, open);
  const toggle = (path: string, isOpen: boolean): void => {
    const next = new Set(open);
    if (isOpen) {
      next.add(path);
    } else {
      next.delete(path);
    }
    setOpen(next);
  };
  const onKey = (event: React.KeyboardEvent): void => {
    const at = shown.findIndex(node => node.path === chosen);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = shown[Math.max(0, Math.min(shown.length - 1, at + step))];
      onChoose(next.path);
      const rows = list.current?.querySelectorAll<HTMLElement>('li');
      rows?.[shown.indexOf(next)]?.focus();
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      event.preventDefault();
      if (chosen !== null) {
        toggle(chosen, event.key === 'ArrowRight');
      }
    }
  };
  return (
    <ul
      ref={list}
      className="ctadata-Preview-tree"
      role="tree"
      aria-label={trans.__('Structure')}
      onKeyDown={onKey}
    >
      {shown.map((node, n) => (
        <TreeRow
          key={node.path}
          node={node}
          isOpen={open.has(node.path)}
          isChosen={node.path === chosen}
          isEntry={chosen === null ? n === 0 : node.path === chosen}
          onChoose={() => onChoose(node.path)}
          onToggle={() => toggle(node.path, !open.has(node.path))}
        />
      ))}
      {structure.truncated && (
        <li role="presentation">{trans.__('There is more than is shown.')}</li>
      )}
    </ul>
  );
}

function TreeRow(props: {
  node: INode;
  isOpen: boolean;
  isChosen: boolean;
  isEntry: boolean;
  onChoose(): void;
  onToggle(): void;
}): JSX.Element {
  const { node, isOpen, isChosen, isEntry, onChoose, onToggle } = props;
  const isGroup = node.type === 'group';
  const Caret = isOpen ? caretDownIcon : caretRightIcon;
  const level = levelOf(node.path);
  return (
    <li
      role="treeitem"
      aria-level={level}
      aria-selected={isChosen}
      aria-expanded={isGroup ? isOpen : undefined}
      data-path={node.path}
      tabIndex={isEntry ? 0 : -1}
      style={{ paddingLeft: `${(level - 1) * 14}px` }}
      onClick={() => {
        onChoose();
        if (isGroup) {
          onToggle();
        }
      }}
    >
      {isGroup ? (
        <Caret.react tag="span" width="14px" height="14px" />
      ) : (
        <span className="ctadata-Preview-leaf" />
      )}
      <span className="ctadata-Preview-name">{nameOfNode(node)}</span>
      <span className="ctadata-Preview-shape">{factsOf(node)}</span>
    </li>
  );
}

function nameOfNode(node: INode): string {
  if (node.path.startsWith('/')) {
    return node.path.slice(node.path.lastIndexOf('/') + 1);
  }
  return `${node.path} ${node.name ?? ''}`.trim();
}

function factsOf(node: INode): string {
  if (node.type === 'link') {
    return `→ ${node.target ?? ''}`;
  }
  const shape = node.shape ? node.shape.join(' × ') : '';
  const columns = node.columns ? `${shape} × ${node.columns}` : shape;
  const kind = node.columns ? '' : (node.dtype ?? '');
  return [columns, kind, node.compression ?? ''].filter(Boolean).join(' · ');
}

function Part(
  props: IPreviewProps & { node: string; kind: IStructure['kind'] }
): JSX.Element {
  const { place, node, kind, settings, trans } = props;
  const answer = useAnswer<IPart>(node, key => partOf(place, key, settings));
  if (answer === null || isFailure(answer)) {
    return <Waiting answer={answer} trans={trans} />;
  }
  const attributes = (answer.attributes ?? []).map(
    ([name, value]): [string, string] => [name, String(value)]
  );
  return (
    <>
      <h3>{node}</h3>
      {answer.view ? (
        <Look view={answer.view} isUpsideDown={kind === 'fits'} trans={trans} />
      ) : (
        answer.why && <p>{answer.why}</p>
      )}
      {attributes.length > 0 && (
        <details open>
          <summary>{trans.__('Attributes')}</summary>
          <Facts rows={attributes} />
        </details>
      )}
      {answer.header && (
        <details open={!answer.view}>
          <summary>{trans.__('Header')}</summary>
          <table className="ctadata-Preview-header">
            <tbody>
              {answer.header.map(([key, value, comment], n) => (
                <tr key={n}>
                  <th scope="row">{key}</th>
                  <td>{String(value)}</td>
                  <td>{comment}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </>
  );
}
