/** CPU in cores as operators write it, exact to the milli-cpu: `250m` below one core, else decimals (`3.25`, `1.025`). */
export function formatCpu(milli: number): string {
  if (milli === 0) return '0';
  return milli < 1000 ? `${Math.round(milli)}m` : trimZeros((milli / 1000).toFixed(3));
}

const units = ['B', 'Ki', 'Mi', 'Gi', 'Ti'] as const;

/** Bytes in binary units with three significant digits: `64Mi`, `1.5Gi`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  if (bytes === 0) return '0';
  return `${trimZeros(value.toFixed(value < 10 && unit > 0 ? 1 : 0))}${units[unit] ?? ''}`;
}

/** Bytes exact to the mebibyte, for sums that are compared with the API's: `4Gi` where whole, else `1056Mi`. */
export function formatMebibytes(bytes: number): string {
  const mebibytes = Math.round(bytes / 2 ** 20);
  if (mebibytes === 0) return formatBytes(bytes);
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}

/** A span of time in its two largest units: `8 s`, `4 min 52 s`, `3 h 5 min`, `12 d`. Never negative. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joinUnits(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return joinUnits(hours, 'h', minutes % 60, 'min');
  return `${Math.floor(hours / 24)} d`;
}

/** A short time in seconds: `0.34 s`, `2.1 s`, `34 s`; from two minutes on as {@link formatSpan}. */
export function formatSeconds(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds >= 120) return formatSpan(ms);
  return `${trimZeros(seconds.toFixed(seconds < 1 ? 2 : seconds < 10 ? 1 : 0))} s`;
}

/** `1 pod`, `2 pods`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `default/web` -> `web`. */
export function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** `default/web` -> `default`; nodes have none. */
export function namespaceOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? '' : key.slice(0, slash);
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function joinUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A span of time in its largest unit, for what changes too often to be exact: `8 s`, `4 min`, `3 h`, `12 d`. */
export function formatAge(ms: number): string {
  return formatSpan(ms).split(' ').slice(0, 2).join(' ');
}
