import type { Node, Pod } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import type { PodContainer, SoakCluster } from './soak-cluster.ts';

/** What the checks look at. */
export type WatchedCluster = Pick<SoakCluster, 'docker' | 'containers' | 'pods' | 'nodes'>;

/** Nodes whose pods request more than is allocatable, each in words. */
export function findOvercommitted(nodes: readonly Node[], pods: readonly Pod[]): string[] {
  return nodes.flatMap(({ metadata: { name }, status }) => {
    const own = pods.filter(({ spec, status: { phase } = {} }) => {
      return spec.nodeName === name && phase !== 'Succeeded' && phase !== 'Failed';
    });
    const requests = own.flatMap(({ spec }) => spec.containers.map(({ resources }) => resources?.requests ?? {}));
    const cpu = sum(requests.map((request) => parseCpuMilli(request.cpu ?? '0')));
    const memory = sum(requests.map((request) => parseBytes(request.memory ?? '0')));
    const {
      cpu: allocatableCpu = '0',
      memory: allocatableMemory = '0',
      pods: maxPods = '110',
    } = status.allocatable ?? {};
    const found: string[] = [];
    if (cpu > parseCpuMilli(allocatableCpu)) found.push(`${name}: ${cpu}m of ${allocatableCpu} cpu requested`);
    if (memory > parseBytes(allocatableMemory)) found.push(`${name}: ${memory} of ${allocatableMemory} requested`);
    if (own.length > Number(maxPods)) found.push(`${name}: ${own.length} of ${maxPods} pods`);
    return found;
  });
}

/** Containers of one pod that ran at the same time, each pair in words. */
export async function findDoubles(cluster: WatchedCluster): Promise<string[]> {
  const running = (await cluster.containers()).filter(({ state }) => state === 'running');
  const groups = Map.groupBy(running, ({ podUid, container }) => `${podUid}/${container}`);
  const found: string[] = [];
  for (const group of groups.values())
    if (group.length > 1 && (await haveOverlapped(cluster, group)))
      found.push(
        `pod ${group[0]?.namespace}/${group[0]?.pod} runs ${group.length} times: ${group.map(describe).join()}`,
      );
  return found;
}

/** The engine's list is not of one moment: one may have ended before the other began. */
async function haveOverlapped(cluster: WatchedCluster, group: readonly PodContainer[]): Promise<boolean> {
  const spans = await Promise.all(
    group.map(async ({ id }) => {
      try {
        const { State } = await cluster.docker.getContainer(id).inspect();
        const from = Date.parse(State.StartedAt);
        return { from, to: State.Running ? Number.POSITIVE_INFINITY : Date.parse(State.FinishedAt) };
      } catch {
        // Removed by now; when it ended cannot be told any more.
        return { from: 0, to: 0 };
      }
    }),
  );
  const ordered = spans.toSorted((a, b) => a.from - b.from);
  return ordered.some(({ from }, index) => index > 0 && from < (ordered[index - 1]?.to ?? 0));
}

/**
 * Where the engine and the API differ: every pod of the cluster has one running container, on the node it is bound to,
 * and there is no container of a pod that is gone, not even a stopped one. The first difference in words, or ''.
 */
export async function findDisagreement(cluster: WatchedCluster): Promise<string> {
  const [pods, containers] = await Promise.all([cluster.pods(), cluster.containers()]);
  for (const { metadata, spec } of pods) {
    if (metadata.deletionTimestamp !== undefined) return `pod ${metadata.name} is still terminating`;
    const own = containers.filter(({ podUid, state }) => podUid === metadata.uid && state === 'running');
    if (own.length !== spec.containers.length || own.some(({ node }) => node !== spec.nodeName))
      return `pod ${metadata.name}, bound to ${spec.nodeName}, runs as [${own.map(describe).join()}]`;
  }
  const uids = new Set(pods.map(({ metadata }) => metadata.uid));
  const orphan = containers.find(({ podUid }) => !uids.has(podUid));
  return orphan ? `${orphan.node} keeps a ${orphan.state} container of pod ${orphan.pod}, which is gone` : '';
}

/** Looks at the cluster again and again while something is done to it, and keeps what must never be. */
export class InvariantMonitor {
  readonly #cluster: WatchedCluster;
  readonly #violations = new Set<string>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #looks = 0;

  constructor(cluster: WatchedCluster, everyMs = 500) {
    this.#cluster = cluster;
    // Checks that cannot go on hold no more than a violation does; `check` tells of both.
    this.#done = this.#run(everyMs).catch((error: unknown) => {
      this.#violations.add(`the checks ended: ${String(error)}`);
    });
  }

  get looks(): number {
    return this.#looks;
  }

  /** Throws where anything was seen that must not be. */
  check(): void {
    if (this.#violations.size > 0) throw new Error(`violated: ${[...this.#violations].join('; ')}`);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(everyMs: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#look();
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  async #look(): Promise<void> {
    for (const violation of await findDoubles(this.#cluster)) this.#violations.add(violation);
    try {
      // Pods after nodes: what nodes have does not change here.
      const nodes = await this.#cluster.nodes();
      for (const violation of findOvercommitted(nodes, await this.#cluster.pods())) this.#violations.add(violation);
    } catch {
      // The controller is away just now, as a fault wants it.
      return;
    }
    this.#looks += 1;
  }
}

function describe({ node, id, state }: PodContainer): string {
  return `${node} ${id.slice(0, 12)} ${state}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
