/** The files of one transfer, as many in the page as can be seen. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { bytes } from '../format';
import { ItemsModel } from '../items';
import type { IJob, IJobItem, IJobItems } from '../wire';
import { itemOf } from '../words';

/** How high a row is, in px; style/base.css has it too. */
const ROW = 20;

/** How many rows are seen at once. */
const ROWS = 8;

/** How many rows are drawn above and below. */
const MARGIN = 4;

/** How often the files of a moving job are read again, in ms. */
const AGAIN = 2000;

/** What the list shows, and where it asks. */
export interface IJobItemsProps {
  job: IJob;
  ask(after: number, limit: number): Promise<IJobItems>;
  trans: TranslationBundle;
}

/** The files of a job. */
export function JobItems(props: IJobItemsProps): JSX.Element {
  const { job, ask, trans } = props;
  const [model] = React.useState(() => new ItemsModel(ask));
  const [top, setTop] = React.useState(0);
  const [, redraw] = React.useReducer((turn: number) => turn + 1, 0);
  const expected = Math.max(model.count, job.files_total);
  const start = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const end = Math.min(expected, start + ROWS + 2 * MARGIN);
  const read = React.useRef(0);

  React.useEffect(() => {
    model.changed.connect(redraw);
    return () => model.dispose();
  }, [model]);
  React.useEffect(() => model.want(start, end), [model, start, end]);
  React.useEffect(() => {
    if (Date.now() - read.current > AGAIN) {
      read.current = Date.now();
      model.refresh(start, end);
    }
  }, [model, job.seq, job.state]);

  const rows: JSX.Element[] = [];
  for (let n = start; n < end; n += 1) {
    rows.push(<Row key={n} n={n} item={model.at(n)} trans={trans} />);
  }
  return (
    <div
      className="ctadata-JobItems"
      tabIndex={0}
      role="group"
      aria-label={trans.__('Files of %1', job.title)}
      style={{ maxHeight: `${ROWS * ROW}px` }}
      onScroll={event => setTop(event.currentTarget.scrollTop)}
    >
      <ul
        style={{
          height: `${(expected - start) * ROW}px`,
          marginTop: `${start * ROW}px`
        }}
      >
        {rows}
      </ul>
    </div>
  );
}

function Row(props: {
  n: number;
  item: IJobItem | undefined;
  trans: TranslationBundle;
}): JSX.Element {
  const { n, item, trans } = props;
  if (!item) {
    return <li data-n={n}>…</li>;
  }
  const { error, path, size, note } = item;
  const why = error
    ? [error.message, error.hint].filter(Boolean).join(' ')
    : (note ?? '');
  return (
    <li
      data-n={n}
      data-state={item.state}
      title={[path, why].filter(Boolean).join('\n')}
    >
      <span className="ctadata-JobItems-name">
        {path.slice(path.lastIndexOf('/') + 1)}
      </span>
      <span className="ctadata-JobItems-size">{bytes(size)}</span>
      <span className="ctadata-JobItems-state">
        {error ? error.message : itemOf(item.state, trans)}
      </span>
    </li>
  );
}
