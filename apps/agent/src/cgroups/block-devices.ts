import { readFile, stat } from 'node:fs/promises';
import { ConfigProblem } from '../pod/config-problem.ts';

/**
 * The device files of the disks that hold the directories, each once: what the engine takes for limits of block I/O.
 * Whole disks, since the kernel limits no partitions. Throws {@link ConfigProblem} where a directory is on none.
 */
export async function blockDevicesOf(directories: readonly string[]): Promise<readonly string[]> {
  const devices = await Promise.all(directories.map(deviceOf));
  return [...new Set(devices)];
}

async function deviceOf(directory: string): Promise<string> {
  if (/^(tcp|ssh|https?):/.test(process.env.DOCKER_HOST ?? '')) {
    throw new ConfigProblem('block I/O cannot be limited: the engine is on another host, whose disks cannot be seen');
  }
  const device = await stat(directory).then(
    ({ dev }) => `/sys/dev/block/${majorOf(dev)}:${minorOf(dev)}`,
    () => undefined,
  );
  const name = device === undefined ? undefined : ((await deviceName(device, '/..')) ?? (await deviceName(device, '')));
  if (name !== undefined) return `/dev/${name}`;
  throw new ConfigProblem(`block I/O cannot be limited: the file system of ${directory} is on no disk of this host`);
}

/** Above a partition there is its disk; above a disk nothing that is a block device. */
async function deviceName(device: string, above: '/..' | ''): Promise<string | undefined> {
  if (above !== '' && (await readFile(`${device}/partition`, 'utf8').catch(() => undefined)) === undefined) {
    return undefined;
  }
  const event = await readFile(`${device}${above}/uevent`, 'utf8').catch(() => '');
  return /^DEVNAME=(.+)$/m.exec(event)?.[1];
}

/** As glibc takes a device number apart. */
function majorOf(device: number): number {
  const bits = BigInt(device);
  return Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n));
}

function minorOf(device: number): number {
  const bits = BigInt(device);
  return Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n));
}
