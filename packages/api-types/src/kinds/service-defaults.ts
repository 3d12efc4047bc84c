import type { Service, ServiceSpec } from '../generated/types.ts';

const threeHours = 10_800;

/** Fills in what Kubernetes shows of a Service, but for what must be allocated (cluster address, node ports). */
export function setServiceDefaults(service: Service): void {
  service.spec ??= {};
  const { spec } = service;
  service.status ??= {};
  service.status.loadBalancer ??= {};
  spec.sessionAffinity ||= 'None';
  spec.type ||= 'ClusterIP';
  setAffinityConfig(spec);
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  const isReachableFromOutside = isExternal || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
  if (isReachableFromOutside) spec.externalTrafficPolicy ||= 'Cluster';
  if (isExternal || spec.type === 'ClusterIP') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  if (spec.type !== 'ExternalName') setFamilyDefaults(spec);
  for (const ingress of service.status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
}

function setAffinityConfig(spec: ServiceSpec): void {
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity !== 'ClientIP') return;
  spec.sessionAffinityConfig ??= {};
  spec.sessionAffinityConfig.clientIP ??= {};
  spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= threeHours;
}

function setFamilyDefaults(spec: ServiceSpec): void {
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (!spec.ipFamilies?.length) spec.ipFamilies = ['IPv4'];
  const isLonely = (spec.clusterIPs?.length ?? 0) === 0;
  if (spec.clusterIP && isLonely) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
}
