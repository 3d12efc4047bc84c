import { readdir, readFile } from 'node:fs/promises';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { ContainerOverhead } from '@gantry/api-types/usage';
import type { Clock } from '@gantry/core';

export interface ShimMemoryOptions {
  readonly clock: Clock;
  /** Default `/proc`. */
  readonly procRoot?: string;
}

/** What a shim takes hardly changes, and looking for them reads every process of the host. */
const everyMs = 60_000;
/** Processes looked at before other work gets its turn. */
const processesPerTurn = 40;

/**
 * The memory of the engine's shims: one process for each container, outside of its cgroup. Measured once a minute and
 * beside other work; until the first measurement, and where processes of others cannot be read, nothing is known.
 */
export class ShimMemory {
  readonly #clock: Clock;
  readonly #procRoot: string;
  #last: ContainerOverhead | undefined;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #isMeasuring = false;

  constructor({ clock, procRoot = '/proc' }: ShimMemoryOptions) {
    this.#clock = clock;
    this.#procRoot = procRoot;
  }

  /** What was measured last, of the containers that ran then. Begins a new measurement where that is old. */
  latest(containerIds: () => Iterable<string>): ContainerOverhead | undefined {
    if (!this.#isMeasuring && this.#clock.now() - this.#measuredAt >= everyMs) {
      this.#isMeasuring = true;
      this.#measuredAt = this.#clock.now();
      void measureShims(this.#procRoot, new Set(containerIds())).then((measured) => {
        this.#isMeasuring = false;
        this.#last = measured;
        // A node without containers is looked at again as soon as there may be some.
        if (!measured) this.#measuredAt = this.#clock.now() - everyMs + 5_000;
      });
    }
    return this.#last;
  }
}

/** The shims of these containers; undefined where none is found or may be read. */
export async function measureShims(
  procRoot: string,
  containerIds: ReadonlySet<string>,
): Promise<ContainerOverhead | undefined> {
  let [containers, memoryBytes, looked] = [0, 0, 0];
  if (containerIds.size === 0) return undefined;
  for (const name of await readdir(procRoot).catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    if (++looked % processesPerTurn === 0) await otherWork();
    const command = await readFile(`${procRoot}/${name}/cmdline`, 'utf8').catch(() => '');
    const id = shimOf(command);
    if (id === undefined || !containerIds.has(id)) continue;
    const bytes = proportionalBytes(await readFile(`${procRoot}/${name}/smaps_rollup`, 'utf8').catch(() => ''));
    if (bytes === undefined) continue;
    containers++;
    memoryBytes += bytes;
  }
  return containers > 0 ? { containers, memoryBytes } : undefined;
}

/** The container that a command line is the shim of: `containerd-shim-runc-v2 -namespace moby -id ID …`. */
function shimOf(commandLine: string): string | undefined {
  const [program = '', ...args] = commandLine.split('\0');
  if (!/(^|\/)(docker-)?containerd-shim/.test(program)) return undefined;
  return args[args.indexOf('-id') + 1];
}

function proportionalBytes(rollup: string): number | undefined {
  const kibibytes = /^Pss: +(\d+) kB/m.exec(rollup)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
