import type { FeedWorkloadKind } from '@gantry/api-types/feed';
import type { SchedulingDecision } from '@gantry/core/scheduler/decision';
import { deleteObject, patchObject } from '../api/client.ts';
import { workloadKinds } from './workload-kinds.ts';

export interface ScaleAction {
  readonly kind: FeedWorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
}

/** Each resolves when the API has accepted the change and rejects with an `ApiRefusal` that has the API's own message. */
export async function scale({ kind, namespace, name, replicas }: ScaleAction): Promise<void> {
  const { apiVersion, resource } = workloadKinds[kind];
  await patchObject({ apiVersion, resource, namespace, name }, { spec: { replicas } });
}

/** As kubectl uncordon: the field goes away and is not set to false. */
export async function cordon(action: { readonly node: string; readonly unschedulable: boolean }): Promise<void> {
  const target = { apiVersion: 'v1', resource: 'nodes', name: action.node };
  await patchObject(target, { spec: { unschedulable: action.unschedulable || null } });
}

/** The uid guards against deleting a successor of the same name. */
export async function deletePod(pod: {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Default: the pod's own. 0 removes it at once, as for one on a node that will not answer. */
  readonly graceSeconds?: number;
}): Promise<void> {
  const { namespace, name, uid, graceSeconds } = pod;
  const options = graceSeconds === undefined ? {} : { graceSeconds };
  await deleteObject({ apiVersion: 'v1', resource: 'pods', namespace, name }, uid, options);
}

/** The scheduler's record for a pod; undefined where it is no longer, or not yet, kept. */
export async function fetchDecision(uid: string, signal: AbortSignal): Promise<SchedulingDecision | undefined> {
  const answer = await fetch(`/api/decisions/${encodeURIComponent(uid)}`, { signal });
  return answer.ok ? ((await answer.json()) as SchedulingDecision) : undefined;
}
