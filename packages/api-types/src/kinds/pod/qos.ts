import type { Container, Pod } from '../../generated/types.ts';
import { compareQuantities, parseQuantity, quantityProblem } from '../../quantity.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const countedResources = ['cpu', 'memory'] as const;

/**
 * The quality-of-service class of a pod (`status.qosClass`): Guaranteed where every container's cpu and memory limits
 * are set and equal its requests, BestEffort where none asks for anything, Burstable between the two.
 */
export function qosClassOf(spec: Pod['spec']): QosClass {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (spec.resources && (spec.resources.limits || spec.resources.requests)) {
    return isGuaranteed(spec.resources) ? 'Guaranteed' : 'Burstable';
  }
  if (containers.every((container) => !asksForAnything(container.resources))) return 'BestEffort';
  return containers.every((container) => isGuaranteed(container.resources)) ? 'Guaranteed' : 'Burstable';
}

function isPositive(quantity: string | undefined): boolean {
  return quantity !== undefined && quantityProblem(quantity) === undefined && parseQuantity(quantity) > 0;
}

function asksForAnything(resources: Container['resources']): boolean {
  return countedResources.some(
    (name) => isPositive(resources?.limits?.[name]) || isPositive(resources?.requests?.[name]),
  );
}

function isGuaranteed(resources: Container['resources']): boolean {
  return countedResources.every((name) => {
    const limit = resources?.limits?.[name];
    if (limit === undefined || !isPositive(limit)) return false;
    const request = resources?.requests?.[name] ?? limit;
    return quantityProblem(request) === undefined && compareQuantities(limit, request) === 0;
  });
}
