import type { ControllerRevision, NewObject, Pod, StatefulSet } from '@gantry/api-types';
import type { RecordedEvent } from '../events/event-recorder.ts';
import { controllerRevisionHashLabel, templateOf } from './controller-revisions.ts';
import { isPodReady, isPodTerminal, podAvailableAt } from './pod-state.ts';
import { resolveIntOrPercent } from './rollout-limits.ts';
import { identityLabels, newStatefulPod, ordinalOf, ordinalRange } from './stateful-set-identity.ts';

/** One thing to do to the pod of an ordinal. */
export type StatefulStep =
  /** The claims of the ordinal first, then the pod. */
  | { readonly type: 'create'; readonly ordinal: number; readonly pod: NewObject<Pod> }
  | { readonly type: 'delete'; readonly pod: Pod; readonly event: RecordedEvent | undefined }
  /** Puts back what the pod lost of its identity; its claims, where it has any, are looked at. */
  | { readonly type: 'repair'; readonly ordinal: number; readonly pod: Pod }
  /** A pod that the set no longer wants: by its retention policy its claims may go with it. */
  | { readonly type: 'condemn'; readonly ordinal: number; readonly pod: Pod };

export interface StatefulSetObservation {
  readonly set: StatefulSet;
  /** The set's own. */
  readonly pods: readonly Pod[];
  /** What `status.currentRevision` names; the update revision where there is none. */
  readonly currentRevision: ControllerRevision;
  readonly updateRevision: ControllerRevision;
  readonly nowMs: number;
}

/** What one pass over a StatefulSet does, in this order. */
export interface StatefulSetPlan {
  readonly steps: readonly StatefulStep[];
}

interface Replica {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
}

const component = 'statefulset-controller';

/**
 * The next steps of a StatefulSet. With OrderedReady there is at most one creation or deletion, and only when every pod
 * before it is available (when it goes down: every pod, but for the one to go); with Parallel all at once. There is
 * never a second pod of an ordinal: one that is being deleted, on a lost node too, keeps its place until it is gone. Pure.
 */
export function planStatefulSet(observation: StatefulSetObservation): StatefulSetPlan {
  const { set } = observation;
  if (set.metadata.deletionTimestamp !== undefined) return { steps: [] };
  const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
  const { replicas, condemned } = placePods(set, observation.pods);
  const up = planReplicas(observation, replicas, isOrdered);
  if (up.isWaiting) return { steps: up.steps };
  const down = planCondemned(observation, replicas, condemned, isOrdered);
  const steps = [...up.steps, ...down.steps];
  if (down.isWaiting || set.spec.updateStrategy?.type === 'OnDelete') return { steps };
  const isBusy = up.steps.some(({ type }) => type !== 'repair');
  return { steps: isBusy ? steps : [...steps, ...planUpdate(observation, replicas)] };
}

/** Whether the pod counts as running: ready for `minReadySeconds` and not on its way out. */
export function isStatefulPodAvailable(set: StatefulSet, pod: Pod, nowMs: number): boolean {
  if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase !== 'Running') return false;
  const availableAt = podAvailableAt(pod, set.spec.minReadySeconds ?? 0);
  return availableAt !== undefined && availableAt <= nowMs;
}

function placePods(set: StatefulSet, pods: readonly Pod[]): { replicas: Replica[]; condemned: Required<Replica>[] } {
  const { start, count } = ordinalRange(set);
  const byOrdinal = new Map<number, Pod>();
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal !== undefined) byOrdinal.set(ordinal, pod);
  }
  const replicas = Array.from({ length: count }, (_, index): Replica => {
    const ordinal = start + index;
    return { ordinal, pod: byOrdinal.get(ordinal) };
  });
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal < start || ordinal >= start + count)
    .map(([ordinal, pod]) => ({ ordinal, pod }))
    .sort((a, b) => b.ordinal - a.ordinal);
  return { replicas, condemned };
}

interface PartPlan {
  readonly steps: readonly StatefulStep[];
  /** Nothing after this part may be done in this pass. */
  readonly isWaiting: boolean;
}

function planReplicas(observation: StatefulSetObservation, replicas: readonly Replica[], isOrdered: boolean): PartPlan {
  const { set, nowMs } = observation;
  const steps: StatefulStep[] = [];
  let isRecreating = false;
  for (const { ordinal, pod } of replicas) {
    if (!pod) {
      steps.push({ type: 'create', ordinal, pod: podOf(observation, ordinal) });
      if (isOrdered) return { steps, isWaiting: true };
      continue;
    }
    if (isPodTerminal(pod)) {
      // Its successor comes when it is gone: two pods of one name cannot be.
      if (pod.metadata.deletionTimestamp === undefined) steps.push(recreation(set, pod));
      isRecreating = true;
      if (isOrdered) return { steps, isWaiting: true };
      continue;
    }
    const hasClaims = (set.spec.volumeClaimTemplates ?? []).length > 0;
    if (hasClaims || !hasIdentity(set, ordinal, pod)) steps.push({ type: 'repair', ordinal, pod });
    if (isOrdered && !isStatefulPodAvailable(set, pod, nowMs)) return { steps, isWaiting: true };
  }
  return { steps, isWaiting: isRecreating };
}

function planCondemned(
  { set, nowMs }: StatefulSetObservation,
  replicas: readonly Replica[],
  condemned: readonly Required<Replica>[],
  isOrdered: boolean,
): PartPlan {
  const steps: StatefulStep[] = [];
  // What is broken may go before its turn: waiting for it to become ready would be for nothing.
  const isUnavailable = ({ pod }: Replica) => !pod || !isStatefulPodAvailable(set, pod, nowMs);
  const firstUnavailable = replicas.find(isUnavailable) ?? condemned.findLast(isUnavailable);
  for (const replica of condemned) {
    const { ordinal, pod } = replica;
    if (!pod) continue;
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (isOrdered) return { steps, isWaiting: true };
      continue;
    }
    if (isOrdered && isUnavailable(replica) && replica !== firstUnavailable) return { steps, isWaiting: true };
    steps.push({ type: 'condemn', ordinal, pod }, { type: 'delete', pod, event: undefined });
    if (isOrdered) return { steps, isWaiting: true };
  }
  return { steps, isWaiting: false };
}

/** A rolling update deletes pods of old revisions, the highest ordinal first; they come back as the update revision. */
function planUpdate(observation: StatefulSetObservation, replicas: readonly Replica[]): readonly StatefulStep[] {
  const { set, nowMs } = observation;
  const { partition = 0, maxUnavailable } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const isAvailable = ({ pod }: Replica) => pod !== undefined && isStatefulPodAvailable(set, pod, nowMs);
  const targets = replicas.slice(partition).toReversed();
  const limit = Math.max(1, resolveIntOrPercent(maxUnavailable ?? 1, replicas.length, 'down'));
  const steps: StatefulStep[] = [];
  if (maxUnavailable === undefined) {
    for (const target of targets) {
      if (isOutdated(observation, target.pod)) return [{ type: 'delete', pod: target.pod, event: undefined }];
      if (!isAvailable(target)) return [];
    }
    return steps;
  }
  let unavailable = replicas.filter((replica) => !isAvailable(replica)).length;
  for (const target of targets) {
    if (!isOutdated(observation, target.pod)) continue;
    // One that is not available is replaced in any case: it costs nothing.
    if (isAvailable(target) && unavailable >= limit) continue;
    if (isAvailable(target)) unavailable += 1;
    steps.push({ type: 'delete', pod: target.pod, event: undefined });
  }
  return steps;
}

function isOutdated({ updateRevision }: StatefulSetObservation, pod: Pod | undefined): pod is Pod {
  if (!pod || pod.metadata.deletionTimestamp !== undefined) return false;
  return pod.metadata.labels?.[controllerRevisionHashLabel] !== updateRevision.metadata.name;
}

/** Below the partition of a rolling update a new pod is of the current revision, else of the update revision. */
function podOf({ set, currentRevision, updateRevision }: StatefulSetObservation, ordinal: number): NewObject<Pod> {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  const { start } = ordinalRange(set);
  const isCurrent = type !== 'OnDelete' && ordinal < start + (rollingUpdate?.partition ?? 0);
  const revision = isCurrent ? currentRevision : updateRevision;
  return newStatefulPod(set, ordinal, templateOf(revision) ?? set.spec.template, revision.metadata.name);
}

function hasIdentity(set: StatefulSet, ordinal: number, pod: Pod): boolean {
  const labels = pod.metadata.labels ?? {};
  return Object.entries(identityLabels(set, ordinal)).every(([key, value]) => labels[key] === value);
}

function recreation(set: StatefulSet, pod: Pod): StatefulStep {
  const isFailed = pod.status?.phase === 'Failed';
  const { namespace, name } = set.metadata;
  const message = `StatefulSet ${namespace}/${name} is recreating ${isFailed ? 'failed' : 'terminated'} Pod ${pod.metadata.name}`;
  const event: RecordedEvent = isFailed
    ? { type: 'Warning', reason: 'RecreatingFailedPod', message, component }
    : { type: 'Normal', reason: 'RecreatingTerminatedPod', message, component };
  return { type: 'delete', pod, event };
}

/** Whether the pod has started and is ready, as the status counts it. */
export function isStatefulPodReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}
