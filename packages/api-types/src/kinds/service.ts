import type { Service } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { allVerbs, proxySubresource, statusSubresource } from './define.ts';
import { serviceColumns } from './service-columns.ts';
import { setServiceDefaults } from './service-defaults.ts';
import { validateService, validateServiceUpdate } from './service-validation.ts';

export const serviceKind: KindDefinition<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [proxySubresource('ServiceProxyOptions'), statusSubresource('', 'v1', 'Service')],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults: setServiceDefaults,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
    keepAllocated(next, previous);
  },
  prepareForStatusUpdate(next, previous) {
    next.spec = previous.spec;
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  nameRule: 'dns1035',
  selectableFields: {
    'spec.clusterIP': (service) => service.spec.clusterIP ?? '',
    'spec.type': (service) => service.spec.type ?? '',
  },
  columns: serviceColumns,
};

/**
 * A client that replaces a Service without repeating what the server allocated keeps it, as in Kubernetes: the cluster
 * address, and the node ports of the ports that stay.
 */
function keepAllocated(next: Service, previous: Service): void {
  const needsClusterIP = next.spec.type !== 'ExternalName';
  if (needsClusterIP && previous.spec.type !== 'ExternalName' && !next.spec.clusterIP && previous.spec.clusterIP) {
    next.spec.clusterIP = previous.spec.clusterIP;
    next.spec.clusterIPs = previous.spec.clusterIPs ?? [previous.spec.clusterIP];
  }
  const hasNodePorts = next.spec.type === 'NodePort' || next.spec.type === 'LoadBalancer';
  const taken = new Set(next.spec.ports?.map((port) => port.nodePort));
  for (const port of hasNodePorts ? (next.spec.ports ?? []) : []) {
    if (port.nodePort) continue;
    const old = previous.spec.ports?.find((p) => p.port === port.port && p.protocol === port.protocol);
    if (!old?.nodePort || taken.has(old.nodePort)) continue;
    port.nodePort = old.nodePort;
    taken.add(old.nodePort);
  }
}
