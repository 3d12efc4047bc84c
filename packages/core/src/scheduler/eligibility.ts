import type { NodeInfo } from './node-info.ts';
import { findUntolerated, matchesNodeAffinity } from './node-match.ts';
import type { FitClass } from './pod-classes.ts';

/** Which slots count for a pod's topology spreading: 1 where the node's labels or taints admit the pod. */
export interface Eligibility {
  readonly nodesVersion: number;
  /** Undefined where the pod does not choose by labels: every node is admitted. */
  readonly byAffinity: Uint8Array | undefined;
  readonly byTaints: Uint8Array;
}

/** Evaluates every node once; valid while no node's labels or taints change. */
export function buildEligibility(
  fit: FitClass,
  slots: readonly (NodeInfo | undefined)[],
  nodesVersion: number,
): Eligibility {
  const isSelective = fit.nodeSelector.length > 0 || fit.requiredNodeTerms !== undefined;
  const byAffinity = isSelective ? new Uint8Array(slots.length) : undefined;
  const byTaints = new Uint8Array(slots.length);
  for (const [slot, node] of slots.entries()) {
    if (!node) continue;
    if (byAffinity && matchesNodeAffinity(fit, node)) byAffinity[slot] = 1;
    if (!findUntolerated(fit, node.taints)) byTaints[slot] = 1;
  }
  return { nodesVersion, byAffinity, byTaints };
}
