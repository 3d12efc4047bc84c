import type { ServiceSpec } from '@gantry/api-types';
import { needsHealthCheckPort } from '@gantry/core/network/services/health-check';

/** Fields that only some types may have, with the types that may. */
const typeDependent = {
  externalTrafficPolicy: ['NodePort', 'LoadBalancer'],
  healthCheckNodePort: ['LoadBalancer'],
  allocateLoadBalancerNodePorts: ['LoadBalancer'],
  loadBalancerClass: ['LoadBalancer'],
} as const;

/**
 * Drops what the former type had and the new one may not have, where the writer has left it as it was: who patches
 * nothing but `spec.type` does not mean to keep it. What was changed in the same write is left for validation to refuse.
 */
export function dropTypeDependentFields(next: ServiceSpec, previous: ServiceSpec): void {
  const isChecked = needsHealthCheckPort({ spec: next });
  if (!isChecked && next.healthCheckNodePort === previous.healthCheckNodePort) delete next.healthCheckNodePort;
  if (next.type === previous.type) return;
  for (const field of Object.keys(typeDependent) as (keyof typeof typeDependent)[]) {
    const types: readonly string[] = typeDependent[field];
    if (!types.includes(next.type ?? '') && next[field] === previous[field]) delete next[field];
  }
  if (next.type !== 'ExternalName' && next.externalName === previous.externalName) delete next.externalName;
}
