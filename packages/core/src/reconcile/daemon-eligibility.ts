import type { DaemonSet, Node, Toleration } from '@gantry/api-types';
import { matchesTerm, type NodeTerm, parseNodeSelector } from '../scheduler/requirements.ts';
import { daemonPodTolerations } from './daemon-pod.ts';
import { tolerates } from './taints.ts';

/** Whether a node is to have a daemon, and whether one that is there may stay. */
export interface NodeEligibility {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

const nowhere: NodeEligibility = { shouldRun: false, mayStay: false };

/**
 * Tells for each node whether it is to have a pod of the DaemonSet: by node name, selector, required affinity and taints.
 * Room is the scheduler's business. What the template says is parsed once.
 */
export function createEligibility(daemonSet: DaemonSet): (node: Node) => NodeEligibility {
  const { spec = { containers: [] } } = daemonSet.spec.template;
  const selector = Object.entries(spec.nodeSelector ?? {});
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms: readonly NodeTerm[] | undefined = parseNodeSelector(required);
  const tolerations = daemonPodTolerations(spec);
  return (node) => {
    const { name, labels = {} } = node.metadata;
    if (spec.nodeName && spec.nodeName !== name) return nowhere;
    if (!selector.every(([key, value]) => labels[key] === value)) return nowhere;
    if (terms && !terms.some((term) => matchesTerm(term, name, labels))) return nowhere;
    // A cordon without its taint means the same, and daemons tolerate it.
    const shouldRun = !hasUntolerated(node, tolerations, ['NoSchedule', 'NoExecute']);
    return { shouldRun, mayStay: shouldRun || !hasUntolerated(node, tolerations, ['NoExecute']) };
  };
}

/** Whether the change of a node can alter where daemons run. Heartbeats and status do not. */
export function isEligibilityChange(previous: Node, node: Node): boolean {
  return (
    JSON.stringify(previous.metadata.labels) !== JSON.stringify(node.metadata.labels) ||
    JSON.stringify(previous.spec.taints) !== JSON.stringify(node.spec.taints)
  );
}

function hasUntolerated(node: Node, tolerations: readonly Toleration[], effects: readonly string[]): boolean {
  return (node.spec.taints ?? []).some(
    (taint) => effects.includes(taint.effect) && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}
