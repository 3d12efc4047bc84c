import { ApiError, type Binding, objectKey, type Pod, type PodCondition } from '@gantry/api-types';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { CachedObject } from '../../objects/object-store.ts';
import type { ApiContext } from '../context.ts';
import { conflict, isStoreError, notFound } from '../failures.ts';

export interface BindRequest {
  readonly namespace: string;
  readonly podName: string;
  /** Refused with Conflict where the pod has another uid. */
  readonly podUid: string | undefined;
  readonly nodeName: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
}

/** pods/binding: assigns a pod to a node. A pod is bound once; a lost race with another kind of write is run again. */
export async function bindPod(api: ApiContext, request: BindRequest): Promise<void> {
  const kind = api.registry.byResource('pods');
  const key = objectKey(request.namespace, request.podName);
  for (;;) {
    const present = api.objects.get('pods', key) as CachedObject<Pod> | undefined;
    if (!present) throw notFound(kind, request.podName);
    const refusal = refuseBinding(present.object, request);
    if (refusal) throw conflict(kind, request.podName, refusal);
    const next = planBinding(present.object, request, formatTime(api.clock.now()));
    if (request.dryRun) return;
    try {
      await api.objects.update('pods', next, present.revision);
      return;
    } catch (error) {
      if (!isStoreError(error, 'conflict')) throw error;
    }
  }
}

function refuseBinding(pod: Pod, request: BindRequest): string | undefined {
  const { metadata, spec } = pod;
  if (request.podUid !== undefined && request.podUid !== metadata.uid) {
    return `Precondition failed: UID in precondition: ${request.podUid}, UID in object meta: ${metadata.uid}`;
  }
  if (metadata.deletionTimestamp) return `pod ${metadata.name} is being deleted, cannot be assigned to a host`;
  if (spec.nodeName) return `pod ${metadata.name} is already assigned to node "${spec.nodeName}"`;
  if (spec.schedulingGates?.length) return `pod ${metadata.name} has non-empty .spec.schedulingGates`;
  return undefined;
}

/** The bound pod (pure). Shares what does not change with the given one. */
export function planBinding(pod: Pod, request: BindRequest, now: string): Pod {
  const scheduled: PodCondition = { type: 'PodScheduled', status: 'True', lastTransitionTime: now };
  const others = (pod.status.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
  const annotations = { ...pod.metadata.annotations, ...request.annotations };
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: { ...pod.spec, nodeName: request.nodeName },
    status: { ...pod.status, conditions: [...others, scheduled] },
  };
}

/** What a Binding object asks for. Throws 400 and 422 where it does not say it. */
export function parseBinding(namespace: string, podName: string, binding: Partial<Binding>): BindRequest {
  const { target, metadata } = binding;
  if (metadata?.name && metadata.name !== podName) {
    const message = `the name of the object (${metadata.name}) does not match the name on the URL (${podName})`;
    throw new ApiError('BadRequest', message);
  }
  if (target?.kind && target.kind !== 'Node')
    throw refusedTarget(podName, 'kind', `Unsupported value: "${target.kind}": supported values: "Node"`);
  if (!target?.name) throw refusedTarget(podName, 'name', 'Required value');
  const { annotations } = metadata ?? {};
  return {
    namespace,
    podName,
    podUid: metadata?.uid || undefined,
    nodeName: target.name,
    ...(annotations ? { annotations } : {}),
  };
}

function refusedTarget(name: string, field: string, message: string): ApiError {
  const causes = [
    {
      reason: message.startsWith('Required') ? 'FieldValueRequired' : 'FieldValueNotSupported',
      message,
      field: `target.${field}`,
    },
  ];
  return new ApiError('Invalid', `Binding "${name}" is invalid: target.${field}: ${message}`, {
    name,
    kind: 'Binding',
    causes,
  });
}
