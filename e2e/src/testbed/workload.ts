import type { Deployment, NewObject, Pod, Toleration } from '@gantry/api-types';
import { waitUntil } from './deadline.ts';
import type { PodContainer } from './engine-host.ts';
import { type MultiHostCluster, sleeperImage } from './multi-host-cluster.ts';
import { stayOnLostNode } from './pods.ts';
import { waitForObjects } from './watch-objects.ts';

/** A running container and the host it runs on. */
export interface Placement extends PodContainer {
  readonly host: string;
  readonly startedAt: string;
}

export interface WorkloadOptions {
  readonly replicas: number;
  readonly tolerations?: readonly Toleration[];
}

/** A namespace of a test's own with a Deployment `web` of pods that sleep. */
export class Workload {
  readonly namespace: string;
  readonly #cluster: MultiHostCluster;

  private constructor(cluster: MultiHostCluster, namespace: string) {
    this.#cluster = cluster;
    this.namespace = namespace;
  }

  static async create(cluster: MultiHostCluster, namespace: string, options: WorkloadOptions): Promise<Workload> {
    const { client } = cluster;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await client.must('POST', '/api/v1/namespaces', body);
    const workload = new Workload(cluster, namespace);
    await client.must('POST', workload.#deployments, sleeperDeployment(options));
    return workload;
  }

  get #deployments(): string {
    return `/apis/apps/v1/namespaces/${this.namespace}/deployments`;
  }

  get #pods(): string {
    return `/api/v1/namespaces/${this.namespace}/pods`;
  }

  /** Changes the pod template, which starts a rollout, or anything else of the Deployment: a JSON merge patch. */
  async patch(change: unknown): Promise<void> {
    await this.#cluster.client.must('PATCH', `${this.#deployments}/web`, change, 'application/merge-patch+json');
  }

  /** Runs one more pod, on a node of choice; resolves when it is Ready. */
  async runPod(name: string, nodeName: string): Promise<void> {
    await this.#cluster.client.must('POST', this.#pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': nodeName },
        tolerations: stayOnLostNode,
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'main', image: sleeperImage }],
      },
    });
    await this.waitForPods(`${name} runs`, (pods) => pods.some((pod) => pod.metadata.name === name && isPodReady(pod)));
  }

  async pods(): Promise<readonly Pod[]> {
    return (await this.#cluster.client.json<{ items: Pod[] }>(this.#pods)).items;
  }

  /** Waits until the pods are as wanted; `what` says how. */
  waitForPods(what: string, until: (pods: readonly Pod[]) => boolean): Promise<readonly Pod[]> {
    return waitForObjects<Pod>(this.#cluster.client, { what: `${this.namespace}: ${what}`, path: this.#pods, until });
  }

  /** Waits until the Deployment has exactly `replicas` pods, all of the newest template and available. */
  async waitUntilComplete(replicas: number): Promise<void> {
    await waitForObjects<Deployment>(this.#cluster.client, {
      what: `${this.namespace}: all of ${replicas} replicas are up to date and available`,
      path: this.#deployments,
      until: ([web]) =>
        web !== undefined &&
        (web.status.observedGeneration ?? 0) >= (web.metadata.generation ?? 0) &&
        web.status.replicas === replicas &&
        web.status.updatedReplicas === replicas &&
        web.status.availableReplicas === replicas,
    });
  }

  /** What runs for this namespace according to the engines of `hosts`, by pod uid. */
  async running(hosts = this.#cluster.hosts): Promise<Placement[]> {
    const perHost = await Promise.all(
      hosts.map(async (host) => {
        const own = (await host.podContainers()).filter(
          ({ namespace, state }) => namespace === this.namespace && state === 'running',
        );
        return Promise.all(
          own.map(async (container): Promise<Placement> => {
            const { State } = await host.engine.getContainer(container.id).inspect();
            return { ...container, host: host.name, startedAt: State.StartedAt };
          }),
        );
      }),
    );
    return perHost.flat();
  }

  /**
   * Waits until the engines and the API agree: no pod is ending, each has one running container, on its own node, and
   * there is no container of a pod that is gone, not even a stopped one.
   */
  async waitUntilEnginesAgree(): Promise<Placement[]> {
    let problem = '';
    let running: Placement[] = [];
    try {
      await waitUntil('the engines and the API agree', 90_000, async () => {
        const pods = await this.pods();
        running = await this.running();
        problem = await this.#disagreement(pods, running);
        return problem === '';
      });
    } catch (error) {
      throw new Error(`${this.namespace}: ${problem}`, { cause: error });
    }
    return running;
  }

  async #disagreement(pods: readonly Pod[], running: readonly Placement[]): Promise<string> {
    for (const { metadata, spec } of pods) {
      if (metadata.deletionTimestamp !== undefined) return `pod ${metadata.name} is still terminating`;
      const hosts = running.filter(({ podUid }) => podUid === metadata.uid).map(({ host }) => host);
      if (hosts.length !== 1 || hosts[0] !== spec.nodeName)
        return `pod ${metadata.name}, bound to ${spec.nodeName}, runs on [${hosts.join(', ')}]`;
    }
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    const orphan = running.find(({ podUid }) => !uids.has(podUid));
    if (orphan) return `${orphan.host} runs a container of pod ${orphan.pod}, which is gone`;
    for (const host of this.#cluster.hosts) {
      const stale = (await host.podContainers()).find(
        ({ namespace, podUid }) => namespace === this.namespace && !uids.has(podUid),
      );
      if (stale) return `${host.name} keeps a ${stale.state} container of pod ${stale.pod}, which is gone`;
    }
    return '';
  }

  /**
   * From now on, looks at the engines whenever a pod disappears from the API: `stop` tells which pods still had a
   * running container then. On a node that can be reached a pod's object must be the last thing to go.
   */
  watchRemovals(): { stop(): Promise<string[]> } {
    const checks: Promise<string[]>[] = [];
    const check = async (uid: string): Promise<string[]> => {
      const left = (await this.running()).filter(({ podUid }) => podUid === uid);
      return left.map(({ pod, host }) => `${pod} still runs on ${host}`);
    };
    const stop = this.#cluster.client.watch(`${this.#pods}?watch=true`, ({ type, object }) => {
      if (type === 'DELETED') checks.push(check((object as unknown as Pod).metadata.uid));
    });
    return {
      stop: async () => {
        stop();
        return (await Promise.all(checks)).flat();
      },
    };
  }

  /** Resolves when the namespace and its pods are gone. */
  async remove(): Promise<void> {
    await this.#cluster.client.must('DELETE', `/api/v1/namespaces/${this.namespace}`);
    await this.waitForPods('all pods are gone', (pods) => pods.length === 0);
  }
}

/** Whether the pod's Ready condition is True. */
export function isPodReady({ status }: Pod): boolean {
  return status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

/** What a restart or a replacement of the pods would change, in one order, for comparing. */
export function restartFacts(pods: readonly Pod[]): string[] {
  return pods
    .map(({ metadata, status }) => {
      const containers = status.containerStatuses?.map((c) => `${c.restartCount} ${c.containerID}`);
      return `${metadata.name} ${metadata.uid} ${containers?.join()}`;
    })
    .toSorted();
}

/** The containers by id with what a restart would change, in one order, for comparing. */
export function identities(placements: readonly Placement[]): string[] {
  return placements.map(({ host, pod, id, startedAt }) => `${host} ${pod} ${id} ${startedAt}`).toSorted();
}

function sleeperDeployment({ replicas, tolerations = [] }: WorkloadOptions): NewObject<Deployment> {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 5,
          tolerations: [...tolerations],
          containers: [
            {
              name: 'web',
              image: sleeperImage,
              resources: { requests: { cpu: '20m', memory: '16Mi' }, limits: { memory: '32Mi' } },
            },
          ],
        },
      },
    },
  } as NewObject<Deployment>;
}
