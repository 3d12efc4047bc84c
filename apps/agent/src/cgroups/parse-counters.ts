/** The number after `name ` at the beginning of a line; 0 where there is none. */
export function fieldOf(text: string, name: string): number {
  const key = `${name} `;
  const start = text.startsWith(key) ? 0 : text.indexOf(`\n${key}`) + 1;
  if (start === 0 && !text.startsWith(key)) return 0;
  return numberAt(text, start + key.length);
}

/** The digits from there on. */
function numberAt(text: string, start: number): number {
  let value = 0;
  for (let index = start; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** A file that is nothing but a number. */
export function numberOf(text: string): number {
  return numberAt(text, 0);
}

export interface DiskAmounts {
  readonly read: number;
  readonly write: number;
}

const none: DiskAmounts = { read: 0, write: 0 };

/** `blkio.throttle.io_service_bytes` or `io_serviced` of v1, over all devices: lines such as `8:0 Read 4096`. */
export function parseBlkio(text: string): DiskAmounts {
  // By far the most: a container that never touched a disk.
  if (text.startsWith('Total')) return none;
  let read = 0;
  let write = 0;
  for (const line of text.split('\n')) {
    const [, operation, amount = ''] = line.split(' ');
    if (operation === 'Read') read += numberOf(amount);
    else if (operation === 'Write') write += numberOf(amount);
  }
  return { read, write };
}

/** `io.stat` of v2, over all devices: lines such as `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`. */
export function parseIoStat(text: string): { readonly bytes: DiskAmounts; readonly operations: DiskAmounts } {
  if (text === '') return { bytes: none, operations: none };
  const sums = { rbytes: 0, wbytes: 0, rios: 0, wios: 0 };
  for (const part of text.split(/[\n ]/)) {
    const [name = '', amount = ''] = part.split('=');
    if (name in sums) sums[name as keyof typeof sums] += numberOf(amount);
  }
  return { bytes: { read: sums.rbytes, write: sums.wbytes }, operations: { read: sums.rios, write: sums.wios } };
}
