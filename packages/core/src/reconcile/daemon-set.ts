import type { DaemonSet, Node, Pod } from '@gantry/api-types';
import type { RecordedEvent } from '../events/event-recorder.ts';
import { createEligibility } from './daemon-eligibility.ts';
import { allowsSurge, type DaemonNode, daemonsByNode, isDaemonAvailable, isUpToDate } from './daemon-state.ts';
import { planDaemonUpdate } from './daemon-update.ts';
import { isPodReady, isPodTerminal } from './pod-state.ts';

export interface DaemonSetObservation {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  /** The DaemonSet's own. */
  readonly pods: readonly Pod[];
  /** Of the present template: the value of the hash label on its pods. */
  readonly hash: string;
  readonly nowMs: number;
  /** Whether a daemon of the node that ended may be replaced yet. */
  readonly mayReplace: (nodeName: string) => boolean;
}

export interface DaemonSetPlan {
  /** Names of nodes to get a pod of the present template. */
  readonly createOn: readonly string[];
  readonly deletePods: readonly Pod[];
  readonly events: readonly RecordedEvent[];
  /** Nodes whose ended daemon is replaced: the next one waits longer. */
  readonly replacedOn: readonly string[];
}

const component = 'daemonset-controller';

/**
 * Where to create and delete so that each eligible node has one daemon, of the present template as far as the update
 * strategy lets it come. Pure.
 */
export function planDaemonSet(observation: DaemonSetObservation): DaemonSetPlan {
  const { daemonSet, hash, nowMs } = observation;
  const nothing = { createOn: [], deletePods: [], events: [], replacedOn: [] };
  if (daemonSet.metadata.deletionTimestamp !== undefined) return nothing;
  const managed = planPresence(observation);
  const isRolling = daemonSet.spec.updateStrategy?.type !== 'OnDelete';
  const isBusy = managed.createOn.length > 0 || managed.deletePods.length > 0;
  // One thing at a time: an update counts the pods that presence has settled.
  if (!isRolling || isBusy) return managed;
  const update = planDaemonUpdate(daemonSet, managed.nodes, hash, nowMs);
  return { ...managed, ...update };
}

function planPresence(observation: DaemonSetObservation): DaemonSetPlan & { readonly nodes: readonly DaemonNode[] } {
  const { daemonSet, nodes, pods, mayReplace } = observation;
  const eligibilityOf = createEligibility(daemonSet);
  const byNode = new Map(daemonsByNode(pods));
  const createOn: string[] = [];
  const deletePods: Pod[] = [];
  const events: RecordedEvent[] = [];
  const replacedOn: string[] = [];
  const eligible: DaemonNode[] = [];
  for (const node of nodes) {
    const { name } = node.metadata;
    const present = byNode.get(name) ?? [];
    byNode.delete(name);
    const { shouldRun, mayStay } = eligibilityOf(node);
    const remaining = present.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (!mayStay) {
      deletePods.push(...remaining);
      continue;
    }
    const ended = remaining.filter(isPodTerminal);
    if (ended.length > 0 && mayReplace(name)) {
      deletePods.push(...ended);
      events.push(...ended.map((pod) => endedEvent(pod, name)));
      replacedOn.push(name);
    }
    const running = remaining.filter((pod) => !isPodTerminal(pod));
    const { keep, excess } = sortOut(observation, running);
    deletePods.push(...excess);
    if (!shouldRun) continue;
    // A pod that is on its way out keeps its place, unless a surge allows a second one.
    if (present.length === 0 || (running.length === 0 && ended.length === 0 && allowsSurge(daemonSet)))
      createOn.push(name);
    eligible.push({ name, running: keep });
  }
  deletePods.push(...unboundPods([...byNode.values()].flat()));
  return { createOn, deletePods, events, replacedOn, nodes: eligible };
}

/** One daemon a node; with a surge an old one may stay beside a new one until that is available. */
function sortOut(
  { daemonSet, hash, nowMs }: DaemonSetObservation,
  running: readonly Pod[],
): { readonly keep: readonly Pod[]; readonly excess: readonly Pod[] } {
  if (running.length <= 1) return { keep: running, excess: [] };
  if (!allowsSurge(daemonSet)) return { keep: running.slice(0, 1), excess: running.slice(1) };
  const newest = running.find((pod) => isUpToDate(pod, hash));
  const old = running.find((pod) => !isUpToDate(pod, hash));
  const isOldDone = newest && old && (!isPodReady(old) || isDaemonAvailable(daemonSet, newest, nowMs));
  const keep = running.filter((pod) => pod === newest || (pod === old && !isOldDone));
  return { keep, excess: running.filter((pod) => !keep.includes(pod)) };
}

/** Pods meant for nodes that are no more and never got there: nobody else would remove them. */
function unboundPods(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(({ spec, metadata }) => !spec.nodeName && metadata.deletionTimestamp === undefined);
}

function endedEvent(pod: Pod, nodeName: string): RecordedEvent {
  const where = `${pod.metadata.namespace}/${pod.metadata.name} on node ${nodeName}`;
  return pod.status?.phase === 'Failed'
    ? {
        type: 'Warning',
        reason: 'FailedDaemonPod',
        message: `Found failed daemon pod ${where}, will try to kill it`,
        component,
      }
    : {
        type: 'Normal',
        reason: 'SucceededDaemonPod',
        message: `Found succeeded daemon pod ${where}, will try to delete it`,
        component,
      };
}
