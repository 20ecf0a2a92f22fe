/** A first look at data: a table, a picture, a curve. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Cell, IBars, View } from '../preview';

/** A look of whatever kind. */
export function Look(props: {
  view: View;
  /** Whether the first row of a picture is its lowest, as in astronomy. */
  isUpsideDown: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { view, isUpsideDown, trans } = props;
  switch (view.type) {
    case 'table':
      return <Table view={view} trans={trans} />;
    case 'picture':
      return <Picture view={view} isUpsideDown={isUpsideDown} trans={trans} />;
    case 'curve':
      return <Curve view={view} trans={trans} />;
    case 'text':
      return <pre>{view.text}</pre>;
  }
}

type Of<T extends View['type']> = Extract<View, { type: T }>;

function Table(props: {
  view: Of<'table'>;
  trans: TranslationBundle;
}): JSX.Element {
  const { view, trans } = props;
  return (
    <>
      <p>
        {trans.__(
          'The first %1 of %2 rows; the bars are of the first %3.',
          view.rows.length.toLocaleString(),
          view.total.toLocaleString(),
          view.sampled.toLocaleString()
        )}
      </p>
      <div className="ctadata-Preview-scroll" tabIndex={0}>
        <table className="ctadata-Preview-table">
          <thead>
            <tr>
              {view.columns.map(({ name, dtype, unit }, n) => (
                <th key={n} scope="col" title={dtype}>
                  <div>{name}</div>
                  <div className="ctadata-Preview-unit">{unit || dtype}</div>
                  <Bars bars={view.bars[n] ?? null} name={name} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {view.rows.map((row, n) => (
              <tr key={n}>
                {row.map((cell, k) => (
                  <td key={k} title={String(cell)}>
                    {wordsOf(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Bars(props: { bars: IBars | null; name: string }): JSX.Element | null {
  const { bars, name } = props;
  if (!bars) {
    return null;
  }
  const most = Math.max(...bars.counts, 1);
  return (
    <svg
      className="ctadata-Preview-bars"
      viewBox={`0 0 ${bars.counts.length} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${name}: ${short(bars.low)} … ${short(bars.high)}`}
    >
      <title>{`${short(bars.low)} … ${short(bars.high)}`}</title>
      {bars.counts.map((count, n) => (
        <rect
          key={n}
          x={n}
          y={20 - (20 * count) / most}
          width={0.9}
          height={(20 * count) / most}
        />
      ))}
    </svg>
  );
}

function Picture(props: {
  view: Of<'picture'>;
  isUpsideDown: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { view, isUpsideDown, trans } = props;
  const { width, height } = view;
  const draw = (canvas: HTMLCanvasElement | null): void => {
    const pen = canvas?.getContext('2d');
    if (pen) {
      pen.putImageData(
        new ImageData(pixelsOf(view, isUpsideDown), width),
        0,
        0
      );
    }
  };
  const words = trans.__(
    '%1; black is %2, white %3.',
    view.shape.join(' × '),
    short(view.low),
    short(view.high)
  );
  return (
    <figure>
      <canvas
        ref={draw}
        width={width}
        height={height}
        role="img"
        aria-label={words}
      />
      <figcaption>{words}</figcaption>
    </figure>
  );
}

/** The picture's pixels as a canvas has them: red, green, blue, opacity. */
export function pixelsOf(
  view: Of<'picture'>,
  isUpsideDown: boolean
): Uint8ClampedArray {
  const { width, height } = view;
  const grey = atob(view.grey);
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let n = 0; n < width * height; n += 1) {
    const row = Math.floor(n / width);
    const from = isUpsideDown ? (height - 1 - row) * width + (n % width) : n;
    pixels.fill(grey.charCodeAt(from), 4 * n, 4 * n + 3);
    pixels[4 * n + 3] = 255;
  }
  return pixels;
}

function Curve(props: {
  view: Of<'curve'>;
  trans: TranslationBundle;
}): JSX.Element {
  const { view, trans } = props;
  const known = view.values.filter((one): one is number => one !== null);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const points = view.values
    .map((value, n) =>
      value === null
        ? ''
        : `${n},${100 - (100 * (value - low)) / (high - low || 1)}`
    )
    .filter(Boolean)
    .join(' ');
  const words = known.length
    ? trans.__(
        '%1 of %2 values, from %3 to %4.',
        view.sampled.toLocaleString(),
        view.total.toLocaleString(),
        short(low),
        short(high)
      )
    : trans.__('No numbers.');
  return (
    <figure>
      <svg
        className="ctadata-Preview-curve"
        viewBox={`0 -2 ${Math.max(1, view.values.length - 1)} 104`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <polyline points={points} vectorEffect="non-scaling-stroke" />
      </svg>
      <figcaption>{words}</figcaption>
    </figure>
  );
}

/** A value as short as it can be told; the whole of it is in its title. */
function wordsOf(cell: Cell): string {
  return typeof cell === 'number' && !Number.isInteger(cell)
    ? short(cell)
    : String(cell);
}

function short(value: number): string {
  return Number(value.toPrecision(5)).toString();
}
