import type { Node, Taint } from '@gantry/api-types';
import { normalizeImageName } from './image-names.ts';
import { parseAmounts } from './pod-requests.ts';
import { type ResourceAmounts, zeroAmounts } from './resource-amounts.ts';

/** What scheduling needs of a Node object, parsed once per change of it. */
export interface NodeFacts {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly isUnschedulable: boolean;
  readonly allocatable: ResourceAmounts;
  /** `status.allocatable.pods`; 0 where the node does not say, as in Kubernetes. */
  readonly allowedPods: number;
  /** Bytes by normalised image name. */
  readonly imageSizes: ReadonlyMap<string, number>;
}

/** Parses the facts of a node. Throws on an unparsable quantity. */
export function parseNodeFacts(node: Node): NodeFacts {
  const allocatable = node.status?.allocatable ?? {};
  const imageSizes = new Map<string, number>();
  for (const { names, sizeBytes } of node.status?.images ?? []) {
    for (const name of names) imageSizes.set(normalizeImageName(name), sizeBytes ?? 0);
  }
  return {
    labels: node.metadata.labels ?? {},
    taints: node.spec?.taints ?? [],
    isUnschedulable: node.spec?.unschedulable === true,
    allocatable: parseAmounts(allocatable),
    allowedPods: parseAmounts({ count: allocatable.pods ?? '0' }).scalars.get('count') ?? 0,
    imageSizes,
  };
}

/** Of a node that does not exist. */
export const noFacts: NodeFacts = {
  labels: {},
  taints: [],
  isUnschedulable: false,
  allocatable: zeroAmounts(),
  allowedPods: 0,
  imageSizes: new Map(),
};

/** Whether two states of a node are the same to the scheduler: heartbeats and conditions do not count. */
export function hasSameFacts(a: NodeFacts, b: NodeFacts): boolean {
  return (
    a.isUnschedulable === b.isUnschedulable &&
    a.allowedPods === b.allowedPods &&
    hasSameLabels(a, b) &&
    isEqual([...a.imageSizes], [...b.imageSizes]) &&
    isEqual(amountsOf(a), amountsOf(b))
  );
}

function amountsOf({ allocatable }: NodeFacts): unknown {
  return [
    allocatable.milliCpu,
    allocatable.memoryBytes,
    allocatable.ephemeralStorageBytes,
    [...allocatable.scalars].sort(([a], [b]) => (a < b ? -1 : 1)),
  ];
}

/** Whether labels and taints, by which pods choose and domains are made, are the same. */
export function hasSameLabels(a: NodeFacts, b: NodeFacts): boolean {
  return isEqual(a.labels, b.labels) && isEqual(a.taints, b.taints);
}

/** Deep equality of small plain JSON values; a different key order counts as a difference, which costs little. */
function isEqual(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
