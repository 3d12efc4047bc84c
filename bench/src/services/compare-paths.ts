import { runCommand } from '@gantry/e2e/testbed/local-cluster';
import { percentile } from '../load/statistics.ts';

/** One way to the same server, and where it is asked for. */
export interface Path {
  readonly name: string;
  readonly url: string;
}

export interface PathResult {
  readonly name: string;
  /** Requests a second: the median of the rounds. */
  readonly perSecond: number;
  /** Of what the first path had in the same round: median and quartiles. */
  readonly ratio: { readonly median: number; readonly low: number; readonly high: number };
  /** Connections that could not be made; a rate with such is worth nothing. */
  readonly failedConnections: number;
}

export interface CompareOptions {
  /** A process in whose network namespace the client runs. */
  readonly clientPid: number;
  /** A connection for each request. */
  readonly isNew: boolean;
  readonly rounds: number;
}

/**
 * Runs the paths in turns of a second, each round begun by another one, so that what else the machine does falls on
 * all; what counts is each round's ratio. The paths need ports of the server of their own: the kernel remembers closed
 * connections by address and port for a minute or two, at both ends and in between, and a path that uses what another
 * one left behind is sent back, or waits.
 */
export async function comparePaths(paths: readonly Path[], options: CompareOptions): Promise<PathResult[]> {
  await prepareClient(options.clientPid);
  const rates = paths.map((): number[] => []);
  const failed = paths.map(() => 0);
  // The first round warms up.
  for (let round = -1; round < options.rounds; round += 1) {
    for (const [turn] of paths.entries()) {
      const index = (turn + round + 1) % paths.length;
      const { perSecond, failedConnections } = await wrk(paths[index]?.url ?? '', options);
      if (round < 0) continue;
      rates[index]?.push(perSecond);
      failed[index] = (failed[index] ?? 0) + failedConnections;
    }
  }
  return paths.map(({ name }, index) => {
    const ratios = (rates[index] ?? []).map((rate, round) => rate / (rates[0]?.[round] ?? Number.NaN));
    return {
      name,
      perSecond: percentile(rates[index] ?? [], 0.5),
      ratio: { median: percentile(ratios, 0.5), low: percentile(ratios, 0.25), high: percentile(ratios, 0.75) },
      failedConnections: failed[index] ?? 0,
    };
  });
}

/**
 * More ports for the client, and those of connections that it closed itself again after a second instead of a minute:
 * else new connections to one address soon have none. In its own namespace only.
 */
async function prepareClient(pid: number): Promise<void> {
  const net = '/proc/sys/net/ipv4';
  const script = `echo 20000 60999 > ${net}/ip_local_port_range && echo 1 > ${net}/tcp_tw_reuse`;
  await runIn(pid, 'sh', ['-c', script]);
}

async function wrk(url: string, { clientPid, isNew }: CompareOptions) {
  const header = isNew ? ['-H', 'Connection: close'] : [];
  const text = await runIn(clientPid, 'wrk', ['-t1', '-c16', '-d1s', ...header, url]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (!(perSecond > 0)) throw new Error(`wrk ${url}: ${text}`);
  return { perSecond, failedConnections: Number(/Socket errors: connect (\d+)/.exec(text)?.[1] ?? 0) };
}

async function runIn(pid: number, command: string, args: readonly string[]): Promise<string> {
  const inside = [`--net=/proc/${pid}/ns/net`, '--', command, ...args];
  const { code, stdout, stderr } = await runCommand('nsenter', inside);
  if (code !== 0) throw new Error(`nsenter ${inside.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}
