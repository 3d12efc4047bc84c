import type { Deployment, ReplicaSet } from '@gantry/api-types';
import { getObject, listObjects, patchObject, replaceObject } from '../api/client.ts';
import type { ApiTarget } from '../api/paths.ts';
import { rolledBack } from './revisions.ts';

export interface RolloutFacts {
  readonly deployment: Deployment;
  readonly replicaSets: readonly ReplicaSet[];
}

/** The Deployment and the ReplicaSets of its namespace, as the API has them now. */
export async function fetchRollout(namespace: string, name: string): Promise<RolloutFacts> {
  const [deployment, replicaSets] = await Promise.all([
    getObject<Deployment>(targetOf(namespace, name)),
    listObjects<ReplicaSet>({ apiVersion: 'apps/v1', resource: 'replicasets', namespace }),
  ]);
  return { deployment, replicaSets };
}

/** From the objects as they are now: a rollback is never to what the page happened to show. */
export async function rollBack(namespace: string, name: string, revision: number): Promise<void> {
  const { deployment, replicaSets } = await fetchRollout(namespace, name);
  const undone = rolledBack(deployment, replicaSets, revision);
  if (!undone) throw new Error(`${name} has no revision ${revision} any more.`);
  await replaceObject(targetOf(namespace, name), undone);
}

export async function setPaused(namespace: string, name: string, isPaused: boolean): Promise<void> {
  await patchObject(targetOf(namespace, name), { spec: { paused: isPaused || null } });
}

/** As `kubectl rollout restart`: a template that says when is another template. */
export async function restart(namespace: string, name: string, now: Date): Promise<void> {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': now.toISOString().replace(/\.\d+/, '') };
  await patchObject(targetOf(namespace, name), { spec: { template: { metadata: { annotations } } } });
}

function targetOf(namespace: string, name: string): ApiTarget {
  return { apiVersion: 'apps/v1', resource: 'deployments', namespace, name };
}
