import { nodePoolLabel } from '@gantry/api-types/kinds/node-pool-label';
import type { SimulationChange } from '@gantry/api-types/simulation';

/** A change in words: `web at 60`, `node-2 is lost`, `2 more hosts of 4 CPU and 8Gi`. */
export function changeWords(change: SimulationChange): string {
  switch (change.type) {
    case 'scale':
      return `${change.workload.name} at ${change.replicas}`;
    case 'removeNode':
      return `${change.node} is lost`;
    case 'drainNode':
      return `${change.node} is drained`;
    case 'cordonNode':
      return `${change.node} is ${change.unschedulable === false ? 'uncordoned' : 'cordoned'}`;
    case 'labelNode':
      return `${change.node} has other labels`;
    case 'addNodes': {
      const count = change.count ?? 1;
      const pool = change.labels?.[nodePoolLabel];
      const hosts = `${count} more ${count === 1 ? 'host' : 'hosts'} of`;
      return pool ? `${hosts} pool ${pool}` : `${hosts} ${change.cpu} CPU and ${change.memory}`;
    }
    case 'setRequests': {
      const amounts = Object.entries(change.requests).map(([resource, amount]) => `${resource} ${amount}`);
      return `${targetName(change)} requests ${amounts.join(' and ')}`;
    }
    case 'addToleration':
      return `${targetName(change)} tolerates ${change.toleration.key ?? 'every taint'}`;
    case 'evictPods':
      return `${change.pods.length} ${change.pods.length === 1 ? 'pod is' : 'pods are'} evicted`;
    case 'addPods':
      return `${change.count ?? 1} new ${change.name}`;
    default:
      return change satisfies never;
  }
}

function targetName(target: { readonly workload?: { readonly name: string }; readonly pod?: string }): string {
  return target.workload?.name ?? target.pod ?? '';
}

const types: Readonly<Record<SimulationChange['type'], true>> = {
  scale: true,
  removeNode: true,
  drainNode: true,
  cordonNode: true,
  labelNode: true,
  addNodes: true,
  setRequests: true,
  addToleration: true,
  evictPods: true,
  addPods: true,
};

/** The changes a link holds (`?whatif=[…]`); undefined where it holds none. What is malformed beyond that the API refuses. */
export function parseChanges(text: string | undefined): readonly SimulationChange[] | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isChange) : [];
  } catch {
    return [];
  }
}

function isChange(value: unknown): value is SimulationChange {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  return typeof type === 'string' && Object.hasOwn(types, type);
}
