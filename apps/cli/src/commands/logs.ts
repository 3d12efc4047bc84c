import { pipeline } from 'node:stream/promises';
import type { Deployment, Pod, ReplicaSet } from '@gantry/api-types';
import type { ApiConnection } from '../api/api-connection.ts';
import { Discovery, resourcePath } from '../api/discovery.ts';
import { connect } from '../api/kubeconfig.ts';
import { UserError } from '../output/user-error.ts';

export interface LogsOptions {
  readonly dataDir: string;
  /** A pod's name, or `deployment/NAME` and the like for the first pod of a workload. */
  readonly target: string;
  readonly namespace: string;
  readonly container?: string;
  readonly isFollow: boolean;
  readonly isPrevious: boolean;
  readonly timestamps: boolean;
  readonly tail?: number;
  readonly sinceSeconds?: number;
}

/** `gantry logs`: a container's log to standard output. */
export async function logs(options: LogsOptions): Promise<void> {
  const api = await connect(options.dataDir);
  const pod = await findPod(api, options);
  const query = new URLSearchParams({
    ...(options.container === undefined ? {} : { container: options.container }),
    ...(options.isFollow ? { follow: 'true' } : {}),
    ...(options.isPrevious ? { previous: 'true' } : {}),
    ...(options.timestamps ? { timestamps: 'true' } : {}),
    ...(options.tail === undefined ? {} : { tailLines: String(options.tail) }),
    ...(options.sinceSeconds === undefined ? {} : { sinceSeconds: String(options.sinceSeconds) }),
  });
  const path = `/api/v1/namespaces/${encodeURIComponent(options.namespace)}/pods/${encodeURIComponent(pod)}/log?${query}`;
  await pipeline(await api.open({ path, accept: '*/*' }), process.stdout, { end: false });
  api.close();
}

async function findPod(api: ApiConnection, options: LogsOptions): Promise<string> {
  const [type, name] = options.target.split('/');
  if (type === undefined || name === undefined) return options.target;
  const resource = await new Discovery(api).resourceNamed(type);
  if (resource.kind === 'Pod') return name;
  const workload = await api.json<Deployment | ReplicaSet>({ path: resourcePath(resource, options.namespace, name) });
  const selector = Object.entries(workload.spec.selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const query = `?labelSelector=${encodeURIComponent(selector.join(','))}`;
  const { items } = await api.json<{ items: Pod[] }>({
    path: `/api/v1/namespaces/${encodeURIComponent(options.namespace)}/pods${query}`,
  });
  const [pod] = items;
  if (!pod) throw new UserError(`${options.target} has no pods`);
  if (items.length > 1) process.stderr.write(`Found ${items.length} pods, using pod/${pod.metadata.name}\n`);
  return pod.metadata.name;
}
