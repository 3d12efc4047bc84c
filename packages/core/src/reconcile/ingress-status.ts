import type { IngressLoadBalancerIngress, Node } from '@gantry/api-types';
import { ingressAnnotation, parseIngressAnnotation } from '@gantry/api-types/ingress-config';

/** Where Ingresses are reached: the proxies of the Ready nodes, each address once. Pure; the order is stable. */
export function ingressAddresses(nodes: readonly Node[]): IngressLoadBalancerIngress[] {
  const found = new Map<string, IngressLoadBalancerIngress>();
  for (const { metadata, status } of nodes) {
    const listener = parseIngressAnnotation(metadata.annotations?.[ingressAnnotation]);
    const isReady = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
    if (!listener || !isReady) continue;
    const ports = [listener.httpPort, listener.httpsPort].flatMap((port) =>
      port === undefined ? [] : [{ port, protocol: 'TCP' }],
    );
    found.set(listener.address, { ip: listener.address, ports });
  }
  return [...found.values()].toSorted((a, b) => (a.ip ?? '').localeCompare(b.ip ?? ''));
}
