import type { ControllerRevision, Deployment, ReplicaSet } from '@gantry/api-types';
import type { FeedWorkload } from '@gantry/api-types/feed';
import { getObject, listObjects, patchObject, replaceObject } from '../api/client.ts';
import type { ApiTarget } from '../api/paths.ts';
import { nameOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import { type Revision, revisionsOf, rolledBack } from './revisions.ts';
import { setRevisionsOf, undoPatch } from './set-revisions.ts';

/** A workload with revisions: a Deployment, a StatefulSet or a DaemonSet. */
export type RolledOut = Pick<FeedWorkload, 'kind' | 'key' | 'uid'>;

/** The revisions as the API has them now, newest first. */
export async function fetchRevisions(store: ClusterStore, workload: RolledOut): Promise<Revision[]> {
  if (workload.kind === 'Deployment') {
    const { deployment, replicaSets } = await fetchDeployment(workload);
    return revisionsOf(deployment, replicaSets);
  }
  const revisions = await listRevisions(workload);
  const present = store.workloads.get(workload.key);
  const pods = present ? store.podsOf(present) : [];
  return setRevisionsOf({ name: nameOf(workload.key), uid: workload.uid, pods }, revisions);
}

/** From the objects as they are now: a rollback is never to what the page happened to show. */
export async function rollBack(workload: RolledOut, number: number): Promise<void> {
  const gone = (): Error => new Error(`${nameOf(workload.key)} has no revision ${number} any more.`);
  const target = targetOf(workload);
  if (workload.kind === 'Deployment') {
    const { deployment, replicaSets } = await fetchDeployment(workload);
    const undone = rolledBack(deployment, replicaSets, number);
    if (!undone) throw gone();
    await replaceObject(target, undone);
    return;
  }
  const patch = undoPatch(workload, await listRevisions(workload), number);
  if (!patch) throw gone();
  await patchObject(target, patch, { type: 'strategic-merge' });
}

/** Deployments only: nothing else can be paused. */
export async function setPaused(workload: RolledOut, isPaused: boolean): Promise<void> {
  await patchObject(targetOf(workload), { spec: { paused: isPaused || null } });
}

/** As `kubectl rollout restart`: a template that says when is another template. */
export async function restart(workload: RolledOut, now: Date): Promise<void> {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': now.toISOString().replace(/\.\d+/, '') };
  await patchObject(targetOf(workload), { spec: { template: { metadata: { annotations } } } });
}

async function fetchDeployment(
  workload: RolledOut,
): Promise<{ readonly deployment: Deployment; readonly replicaSets: readonly ReplicaSet[] }> {
  const target = targetOf(workload);
  const [deployment, replicaSets] = await Promise.all([
    getObject<Deployment>(target),
    listObjects<ReplicaSet>({ apiVersion: 'apps/v1', resource: 'replicasets', namespace: target.namespace }),
  ]);
  return { deployment, replicaSets };
}

function listRevisions(workload: RolledOut): Promise<readonly ControllerRevision[]> {
  const { namespace } = targetOf(workload);
  return listObjects<ControllerRevision>({ apiVersion: 'apps/v1', resource: 'controllerrevisions', namespace });
}

function targetOf({ kind, key }: RolledOut): ApiTarget & { readonly namespace: string } {
  const [, namespace = '', name = ''] = key.split('/');
  const { apiVersion, resource } = workloadKinds[kind];
  return { apiVersion, resource, namespace, name };
}
