/** Numbers in words: sizes, speeds, times. */

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** A size as JupyterLab's own listing writes it: `1.5 MB`, powers of 1024. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined || !isFinite(count)) {
    return '';
  }
  let value = Math.max(0, count);
  let unit = 0;
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(unit === 0 ? 0 : 1))} ${UNITS[unit]}`;
}

/** A speed in bytes a second, in words; nothing if nothing moves. */
export function speed(perSecond: number | null | undefined): string {
  return perSecond ? `${bytes(perSecond)}/s` : '';
}

/** A duration in seconds, in at most two units: `1 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const days = Math.floor(whole / 86400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  if (days > 0) {
    return hours ? `${days} d ${hours} h` : `${days} d`;
  }
  if (hours > 0) {
    return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  }
  if (minutes > 0) {
    const rest = whole % 60;
    return minutes < 10 && rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  }
  return `${whole} s`;
}

/** How many seconds a transfer still takes; null where nobody can tell. */
export function secondsLeft(
  done: number,
  total: number,
  perSecond: number | null
): number | null {
  if (!perSecond || perSecond <= 0 || total <= done) {
    return null;
  }
  return (total - done) / perSecond;
}

/** How far a transfer is, from 0 to 1; files count where no bytes do. */
export function fraction(job: {
  bytes_done: number;
  bytes_total: number;
  files_done: number;
  files_total: number;
}): number {
  const { bytes_done, bytes_total, files_done, files_total } = job;
  const part =
    bytes_total > 0
      ? bytes_done / bytes_total
      : files_total > 0
        ? files_done / files_total
        : 0;
  return Math.min(1, Math.max(0, part));
}
