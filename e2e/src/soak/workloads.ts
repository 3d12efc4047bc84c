import type { Deployment, NewObject } from '@gantry/api-types';
import { waitUntil } from '../testbed/deadline.ts';
import { isPodReady } from '../testbed/pods.ts';
import { findDisagreement } from './invariants.ts';
import { type SoakCluster, sleeperImage } from './soak-cluster.ts';

/** A small Deployment of pods that sleep. */
export function sleeperDeployment(name: string, replicas: number): NewObject<Deployment> {
  const labels = { app: name };
  const resources = { requests: { cpu: '50m', memory: '16Mi' }, limits: { memory: '32Mi' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 2,
          containers: [{ name: 'main', image: sleeperImage, resources }],
        },
      },
    },
  } as NewObject<Deployment>;
}

export function deploymentsPath(namespace: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments`;
}

/**
 * Waits until every Deployment of the namespace has exactly the replicas that it declares, all up to date and Ready,
 * and the engine runs just these. Rejects at the deadline with what is still different.
 */
export async function waitUntilSettled(cluster: SoakCluster, namespace: string, timeoutMs: number): Promise<void> {
  let problem = 'nothing was seen yet';
  try {
    await waitUntil('the cluster has settled', timeoutMs, async () => {
      // While the controller is away there is nothing to see; the deadline covers that.
      problem = await findUnsettled(cluster, namespace).catch((error: unknown) => String(error));
      return problem === '';
    });
  } catch (error) {
    throw new Error(`${namespace} has not settled within ${timeoutMs / 1000} s: ${problem}`, { cause: error });
  }
}

async function findUnsettled(cluster: SoakCluster, namespace: string): Promise<string> {
  const { items } = await cluster.client.json<{ items: Deployment[] }>(deploymentsPath(namespace));
  const pods = await cluster.pods(namespace);
  for (const { metadata, spec, status } of items) {
    const wanted = spec.replicas ?? 1;
    if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return `${metadata.name} was not looked at`;
    const counts = [status.replicas, status.updatedReplicas, status.readyReplicas].map((count) => count ?? 0);
    if (counts.some((count) => count !== wanted))
      return `${metadata.name} has ${counts.join('/')} replicas, updated, ready of ${wanted}`;
    const own = pods.filter((pod) => pod.metadata.labels?.app === metadata.name);
    const ready = own.filter(isPodReady);
    if (own.length !== wanted || ready.length !== wanted)
      return `${metadata.name} has ${own.length} pods, ${ready.length} Ready, of ${wanted}`;
  }
  const names = new Set(items.map(({ metadata }) => metadata.name));
  const stray = pods.find(({ metadata }) => !names.has(metadata.labels?.app ?? ''));
  if (stray) return `pod ${stray.metadata.name} belongs to no Deployment any more`;
  return findDisagreement(cluster);
}
