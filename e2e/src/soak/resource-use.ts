import { controllerName, type ProcessUsage } from './cluster-processes.ts';
import type { SoakCluster } from './soak-cluster.ts';
import { growth, type Point, trendText, warm } from './trend.ts';

interface Sample {
  readonly atMs: number;
  readonly usage: ReadonlyMap<string, ProcessUsage>;
}

/** No process of ours may ever be larger than this, however busy. */
const maxRssMegabytes = { controller: 300, agent: 200 } as const;
/** Above the level after warm-up. What V8 keeps differs by this much from one moment to another. */
const maxGrowthMegabytes = { controller: 60, agent: 40 } as const;
const maxDescriptorGrowth = 20;

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
    for (const name of last?.usage.keys() ?? []) {
      const grown = (of: (usage: ProcessUsage) => number) => growth(valuesOf(warm(this.#samples), name, of)) ?? 0;
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
        const trend = trendText(valuesOf(warm(this.#samples), name, (usage) => usage.rssMegabytes));
        return `${name} ${rssMegabytes.toFixed()} MB${trend}, ${fileDescriptors} fds`;
      })
      .join('; ');
  }
}

function kindOf(name: string): 'controller' | 'agent' {
  return name === controllerName ? 'controller' : 'agent';
}

function valuesOf(samples: readonly Sample[], name: string, of: (usage: ProcessUsage) => number): Point[] {
  return samples.flatMap(({ atMs, usage }) => {
    const found = usage.get(name);
    return found ? [[atMs, of(found)] as const] : [];
  });
}
