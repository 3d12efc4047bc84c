import type { Pod, PodSpec } from '@gantry/api-types';
import { ensure, type TourStage, tourNamespace, until } from './stage.ts';

/** The image of the demo, which every start of a cluster makes: Node and nothing else. */
export const tourImage = 'gantry-demo/node:26';

export const namespaced = (root: string, resource: string, name = ''): string =>
  `${root}/namespaces/${tourNamespace}/${resource}${name ? `/${name}` : ''}`;
export const pods = (name = ''): string => namespaced('/api/v1', 'pods', name);
export const services = (name = ''): string => namespaced('/api/v1', 'services', name);
export const deployments = (name = ''): string => namespaced('/apis/apps/v1', 'deployments', name);

export interface ProgramOptions {
  readonly cpu: string;
  readonly memory: string;
  readonly cpuLimit?: string;
  /** JavaScript. */
  readonly program: string;
  readonly port?: number;
  readonly spec?: Partial<PodSpec>;
}

/** A pod that runs a line of JavaScript. */
export function programSpec({ cpu, memory, cpuLimit, program, port, spec }: ProgramOptions): object {
  return {
    terminationGracePeriodSeconds: 1,
    ...spec,
    containers: [
      {
        name: 'main',
        image: tourImage,
        imagePullPolicy: 'IfNotPresent',
        command: ['node', '-e', `process.on('SIGTERM', () => process.exit(0)); ${program}`],
        resources: { requests: { cpu, memory }, ...(cpuLimit ? { limits: { cpu: cpuLimit } } : {}) },
        ...(port === undefined
          ? {}
          : { ports: [{ containerPort: port }], readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } }),
      },
    ],
  };
}

export function deployment(name: string, replicas: number, spec: object): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

export function barePod(name: string, spec: object): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec };
}

export async function ensureNamespace(stage: TourStage): Promise<void> {
  await ensure(stage, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: tourNamespace },
  });
}

export async function listPods(stage: TourStage, app: string): Promise<readonly Pod[]> {
  const { items } = await stage.call<{ readonly items: readonly Pod[] }>({
    path: `${pods()}?labelSelector=app%3D${app}`,
  });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** Waits until so many pods of the app are Ready, counting aloud. */
export async function untilReady(stage: TourStage, app: string, count: number, seconds = 120): Promise<void> {
  await until(stage, `${count} pods of ${app} are Ready`, seconds, async () => {
    const ready = (await listPods(stage, app)).filter(isReady).length;
    return ready >= count || `${ready} of ${count} Ready`;
  });
}

export function setReplicas(stage: TourStage, name: string, replicas: number): Promise<unknown> {
  const contentType = 'application/merge-patch+json';
  return stage.call({ method: 'PATCH', path: deployments(name), contentType, body: { spec: { replicas } } });
}

/** The tour's own little workload: so many pods that do nothing, Ready. */
export async function runWeb(stage: TourStage, replicas: number): Promise<void> {
  await ensureNamespace(stage);
  const spec = programSpec({ cpu: '5m', memory: '40Mi', program: 'setInterval(() => {}, 1e6)' });
  await ensure(stage, deployments(), deployment(web, replicas, spec));
  await setReplicas(stage, web, replicas);
  await untilReady(stage, web, replicas);
}

export const web = 'web';

/** `3 on node-1, 2 on node-2`. */
export function spreadOf(found: readonly Pod[]): string {
  const counts = new Map<string, number>();
  for (const { spec } of found) if (spec.nodeName) counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([node, count]) => `${count} on ${node}`)
    .join(', ');
}
