/** A curve of how fast a transfer was. */

import * as React from 'react';

/** The last speeds as a small curve from zero to the fastest; nothing for fewer than two. */
export function Sparkline(props: {
  speeds: readonly number[];
}): JSX.Element | null {
  const { speeds } = props;
  if (speeds.length < 2) {
    return null;
  }
  const most = Math.max(...speeds, 1);
  const wide = speeds.length - 1;
  const points = speeds.map(
    (speed, n) => `${n},${(20 - (18 * speed) / most).toFixed(1)}`
  );
  return (
    <svg
      className="ctadata-Sparkline"
      viewBox={`0 0 ${wide} 20`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`0,20 ${points.join(' ')} ${wide},20`} />
      <polyline points={points.join(' ')} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
