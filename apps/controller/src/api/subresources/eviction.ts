import { objectKey, type Pod, type PodCondition } from '@gantry/api-types';
import type { DeleteRequest } from '@gantry/core';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { AnyObject, ApiContext } from '../context.ts';
import { notFound } from '../failures.ts';
import { deleteObject } from '../handlers/delete.ts';
import { modifyObject } from '../handlers/update.ts';
import { cloneJson } from '../json.ts';

export interface EvictRequest {
  readonly namespace: string;
  readonly podName: string;
  readonly options: DeleteRequest;
  readonly dryRun?: boolean;
}

/**
 * pods/eviction: a polite deletion, which says on the pod why it goes. There are no disruption budgets yet that could
 * forbid it. A pod that has ended is deleted without more ado.
 */
export async function evictPod(api: ApiContext, request: EvictRequest): Promise<void> {
  const kind = api.registry.byResource('pods');
  const { namespace, podName, dryRun = false } = request;
  const present = api.objects.get('pods', objectKey(namespace, podName));
  if (!present) throw notFound(kind, podName);
  const target = { kind, namespace, name: podName };
  const pod = present.object as Pod;
  const hasEnded = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
  if (!hasEnded && !pod.metadata.deletionTimestamp && isWanted(pod, request.options)) {
    const now = formatTime(api.clock.now());
    await modifyObject(
      api,
      { target, scope: 'status', dryRun },
      {
        next: (previous) => markDisrupted(cloneJson(previous.object) as unknown as Pod, now) as unknown as AnyObject,
      },
    );
  }
  await deleteObject(api, { target, options: request.options, dryRun });
}

/** Where a precondition fails, deleteObject says so; the pod must not have been marked before. */
function isWanted(pod: Pod, { preconditions }: DeleteRequest): boolean {
  // The mark is a write of its own, so a resourceVersion precondition can only be checked by the deletion.
  return preconditions?.resourceVersion === undefined && (preconditions?.uid ?? pod.metadata.uid) === pod.metadata.uid;
}

function markDisrupted(pod: Pod, now: string): Pod {
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: now,
  };
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  pod.status = { ...pod.status, conditions: [...others, condition] };
  return pod;
}
