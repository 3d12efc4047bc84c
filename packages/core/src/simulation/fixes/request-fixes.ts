import type { Container, SimulationChange } from '@gantry/api-types';
import { formatBytes, formatCpuMilli, parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { freeOf, needOf } from '../wait-text.ts';
import type { FixCandidate, FixContext, TryChanges } from './fix-context.ts';
import { targetOf } from './fix-context.ts';
import { patchCommand, specPatch } from './patches.ts';

type Resource = 'cpu' | 'memory';

/** A request lowered below this share of what it was is no longer the same work. */
const leastShare = 0.1;
/** Simulations that the search for the largest fitting request may cost. */
const maxTries = 7;

/** The largest request with which one more pod fits (the nearest miss), and with which all do. */
export function* requestFixes(context: FixContext, tryChanges: TryChanges): Generator<void, FixCandidate[]> {
  const resource = scarceResource(context);
  if (!resource) return [];
  const need = needOf(context.info, resource);
  const nearest = largestHole(context, resource);
  const candidates: FixCandidate[] = [];
  const put = (total: number) => {
    const candidate = loweredTo(context, resource, total);
    if (candidate) candidates.push(candidate);
  };
  if (nearest !== undefined && nearest >= need * leastShare) put(nearest);
  if (context.wait.count > 1) {
    const all = yield* findFitAll(context, resource, tryChanges);
    if (all !== undefined && all !== nearest) put(all);
  }
  return candidates;
}

/** The only resource that nodes lack which would do otherwise. */
function scarceResource({ verdicts }: FixContext): Resource | undefined {
  for (const { refusals } of verdicts) {
    const [first] = refusals;
    if (refusals.length === 1 && (first?.resource === 'cpu' || first?.resource === 'memory')) return first.resource;
  }
  return undefined;
}

function largestHole({ verdicts, run }: FixContext, resource: Resource): number | undefined {
  let largest: number | undefined;
  for (const { nodeName, refusals } of verdicts) {
    const node = run.scene.snapshot.node(nodeName);
    if (!node || refusals.length !== 1 || refusals[0]?.resource !== resource) continue;
    const free = rounded(resource, freeOf(node, resource));
    if (free > 0 && (largest === undefined || free > largest)) largest = free;
  }
  return largest;
}

function* findFitAll(
  context: FixContext,
  resource: Resource,
  tryChanges: TryChanges,
): Generator<void, number | undefined> {
  const need = needOf(context.info, resource);
  let low = rounded(resource, need * leastShare);
  let high = need;
  let found: number | undefined;
  for (let tries = 0; tries < maxTries && low < high; tries++) {
    const middle = rounded(resource, found === undefined && tries === 0 ? low : (low + high) / 2);
    const candidate = loweredTo(context, resource, middle);
    if (!candidate || (found !== undefined && middle <= found)) return found;
    const { fits } = yield* tryChanges(candidate.changes);
    if (fits >= context.wait.count) {
      found = middle;
      low = middle;
    } else {
      // Not even the least helps.
      if (tries === 0) return undefined;
      high = middle;
    }
  }
  return found;
}

function loweredTo(context: FixContext, resource: Resource, total: number): FixCandidate | undefined {
  const container = largestContainer(context.pod.spec.containers, resource);
  if (!container) return undefined;
  const present = requestOf(container, resource);
  const amount = rounded(resource, present - (needOf(context.info, resource) - total));
  if (amount <= 0 || amount >= present) return undefined;
  const text = resource === 'cpu' ? formatCpuMilli(amount) : formatBytes(amount);
  const requests = { [resource]: text };
  const patch = specPatch(context, { containers: [{ name: container.name, resources: { requests } }] });
  const { workload } = context.wait;
  const change: SimulationChange = { type: 'setRequests', ...targetOf(context), container: container.name, requests };
  const which = context.pod.spec.containers.length > 1 ? ` of container ${container.name}` : '';
  return {
    type: 'setRequests',
    action: `lower the ${resource} request${which} to ${text}${workload ? ' (its pods start anew)' : ''}`,
    changes: [change],
    patch,
    command: workload
      ? `kubectl set resources ${workload.kind.toLowerCase()}/${workload.name} -n ${workload.namespace ?? 'default'} -c ${container.name} --requests=${resource}=${text}`
      : patchCommand(patch, ' --subresource resize'),
  };
}

function largestContainer(containers: readonly Container[], resource: Resource): Container | undefined {
  let largest: Container | undefined;
  for (const container of containers) {
    if (!largest || requestOf(container, resource) > requestOf(largest, resource)) largest = container;
  }
  return largest;
}

function requestOf({ resources }: Container, resource: Resource): number {
  const amount = resources?.requests?.[resource];
  if (amount === undefined) return 0;
  return resource === 'cpu' ? parseCpuMilli(amount) : parseBytes(amount);
}

const mebibyte = 1024 * 1024;

/** Down to an amount that people would write. */
function rounded(resource: Resource, amount: number): number {
  const unit = resource === 'cpu' ? (amount >= 100 ? 10 : 5) : amount >= 256 * mebibyte ? 16 * mebibyte : mebibyte;
  return Math.floor(amount / unit) * unit;
}
