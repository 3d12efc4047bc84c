import { controllerName, type ProcessUsage } from './cluster-processes.ts';
import type { SoakCluster } from './soak-cluster.ts';

interface Sample {
  readonly atMs: number;
  readonly usage: ReadonlyMap<string, ProcessUsage>;
}

/** No process of ours may ever be larger than this, however busy. */
const maxRssMegabytes = { controller: 300, agent: 200 } as const;
/** Above the level after warm-up. What V8 keeps differs by this much from one moment to another. */
const maxGrowthMegabytes = { controller: 60, agent: 40 } as const;
const maxDescriptorGrowth = 20;
/** The share of the samples, from the first on, that counts as warm-up. */
const warmUpShare = 0.3;
const minSamplesForGrowth = 6;

/** Samples of what the controller and the agents use, taken whenever the cluster has come to rest. */
export class ResourceUse {
  readonly #cluster: SoakCluster;
  readonly #samples: Sample[] = [];

  constructor(cluster: SoakCluster) {
    this.#cluster = cluster;
  }

  async sample(): Promise<void> {
    const { processes } = this.#cluster;
    const names = [controllerName, ...(await processes.agents())];
    const usage = await Promise.all(names.map(async (name) => [name, await processes.usage(name)] as const));
    this.#samples.push({ atMs: Date.now(), usage: new Map(usage) });
  }

  /** Throws where a process is too large, grew after the warm-up, or keeps ever more file descriptors open. */
  check(): void {
    const last = this.#samples.at(-1);
    for (const [name, { rssMegabytes }] of last?.usage ?? []) {
      const bound = maxRssMegabytes[kindOf(name)];
      if (rssMegabytes > bound) throw new Error(`${name} takes ${rssMegabytes.toFixed()} MB, more than ${bound}`);
    }
    const warm = this.#warm();
    if (warm.length < minSamplesForGrowth) return;
    const third = Math.ceil(warm.length / 3);
    for (const name of last?.usage.keys() ?? []) {
      const grown = (of: (usage: ProcessUsage) => number) => {
        const values = valuesOf(warm, name, of).map(([, value]) => value);
        return median(values.slice(-third)) - median(values.slice(0, third));
      };
      const megabytes = grown(({ rssMegabytes }) => rssMegabytes);
      if (megabytes > maxGrowthMegabytes[kindOf(name)])
        throw new Error(`${name} has grown by ${megabytes.toFixed()} MB since the warm-up`);
      const descriptors = grown(({ fileDescriptors }) => fileDescriptors);
      if (descriptors > maxDescriptorGrowth) throw new Error(`${name} has ${descriptors} file descriptors more open`);
    }
  }

  /** One entry a process: resident memory and descriptors now, and how fast the memory grows. */
  summary(): string {
    const last = this.#samples.at(-1);
    return [...(last?.usage ?? [])]
      .map(([name, { rssMegabytes, fileDescriptors }]) => {
        const slope = slopePerHour(valuesOf(this.#warm(), name, (usage) => usage.rssMegabytes));
        const trend = slope === undefined ? '' : `, ${slope >= 0 ? '+' : ''}${slope.toFixed(1)} MB/h`;
        return `${name} ${rssMegabytes.toFixed()} MB${trend}, ${fileDescriptors} fds`;
      })
      .join('; ');
  }

  #warm(): readonly Sample[] {
    return this.#samples.slice(Math.floor(this.#samples.length * warmUpShare));
  }
}

function kindOf(name: string): 'controller' | 'agent' {
  return name === controllerName ? 'controller' : 'agent';
}

function valuesOf(
  samples: readonly Sample[],
  name: string,
  of: (usage: ProcessUsage) => number,
): [atMs: number, value: number][] {
  return samples.flatMap(({ atMs, usage }) => {
    const found = usage.get(name);
    return found ? [[atMs, of(found)]] : [];
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** By least squares; undefined where there are too few points. */
function slopePerHour(points: readonly [atMs: number, value: number][]): number | undefined {
  if (points.length < minSamplesForGrowth) return undefined;
  const meanAt = points.reduce((total, [at]) => total + at, 0) / points.length;
  const mean = points.reduce((total, [, value]) => total + value, 0) / points.length;
  const covariance = points.reduce((total, [at, value]) => total + (at - meanAt) * (value - mean), 0);
  const variance = points.reduce((total, [at]) => total + (at - meanAt) ** 2, 0);
  return (covariance / variance) * 3_600_000;
}
