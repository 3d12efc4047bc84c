import type { HttpClient } from '@gantry/e2e/testbed/http-client';

export interface DeploymentOptions {
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  /** Seconds a pod tolerates a lost node; absent: the cluster's default. */
  readonly spreads?: boolean;
}

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const timeoutMs = 180_000;

/** A Deployment whose pods declare the cpu and memory that the engine's own limit and Swarm are measured with. */
export function deploymentOf(options: DeploymentOptions) {
  const labels = { app: options.name };
  const resources = { requests: { cpu: '20m', memory: '16Mi' }, limits: { cpu: '500m', memory: '32Mi' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: options.name },
    spec: {
      replicas: options.replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: options.image, resources }] },
      },
    },
  };
}

/** Creates the Deployment; resolves to the seconds until a watcher saw all its pods Running. */
export async function measureRollOut(client: HttpClient, options: DeploymentOptions): Promise<number> {
  const running = new Set<string>();
  const done = Promise.withResolvers<void>();
  const path = `/api/v1/namespaces/default/pods?watch=1&labelSelector=app%3D${options.name}`;
  const stop = client.watch(path, ({ type, object }) => {
    if (type === 'DELETED' || object.status?.phase !== 'Running') running.delete(object.metadata.name);
    else running.add(object.metadata.name);
    if (running.size === options.replicas) done.resolve();
  });
  const timer = setTimeout(
    () => done.reject(new Error(`${running.size} of ${options.replicas} pods were Running in time`)),
    timeoutMs,
  );
  try {
    const startedAt = performance.now();
    await client.must('POST', deployments, deploymentOf(options));
    await done.promise;
    return (performance.now() - startedAt) / 1000;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** Deletes the Deployment and waits until its pods are gone. */
export async function removeDeployment(client: HttpClient, name: string): Promise<void> {
  await client.must('DELETE', `${deployments}/${name}`);
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { items } = await client.json<{ items: unknown[] }>(
      `/api/v1/namespaces/default/pods?labelSelector=app%3D${name}`,
    );
    if (items.length === 0) return;
    if (Date.now() > deadline)
      throw new Error(`${items.length} pods of ${name} were still there after ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
