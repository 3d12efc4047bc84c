import { ApiError, type EndpointSlice, objectKey, type Service } from '@gantry/api-types';
import { serviceNameLabel } from '@gantry/core/network/services/service-objects';
import type { ApiContext } from '../api/context.ts';
import { notFound } from '../api/failures.ts';
import { findPod, findRunningPod, type PodTarget } from '../api/subresources/pod-streams.ts';
import type { ProxyPath } from './proxy-path.ts';

/** The port of a pod that a proxied request goes to. */
export interface ProxyTarget extends PodTarget {
  readonly port: number;
}

/**
 * Who answers: the pod itself, or one of the Service's ready pods, by chance. Throws 404 for what is not there, 400 for a
 * port that is none, and 503 where no pod is ready.
 */
export function findProxyTarget(api: ApiContext, path: ProxyPath): ProxyTarget {
  return path.resource === 'pods' ? podTarget(api, path) : serviceTarget(api, path);
}

function podTarget(api: ApiContext, { namespace, name, port, scheme }: ProxyPath): ProxyTarget {
  const target = findRunningPod(api, namespace, name);
  const [declared] = findPod(api, namespace, name).spec.containers.flatMap(({ ports = [] }) => ports);
  const number = port === undefined ? (declared?.containerPort ?? schemePort(scheme)) : Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return { ...target, port: number };
  throw new ApiError('BadRequest', `pod ${name}: "${port}" is no port: give a number from 1 to 65535`);
}

function serviceTarget(api: ApiContext, { namespace, name, port, scheme }: ProxyPath): ProxyTarget {
  const found = api.objects.get('services', objectKey(namespace, name));
  if (!found) throw notFound(api.registry.byResource('services'), name);
  const ports = (found.object as Service).spec.ports ?? [];
  const wanted = port ?? (ports.length === 1 ? String(ports[0]?.port) : String(schemePort(scheme)));
  const servicePort = ports.find((each) => each.name === wanted || String(each.port) === wanted);
  if (!servicePort) {
    const known = ports.map((each) => each.name ?? each.port).join(', ') || 'none';
    throw new ApiError('ServiceUnavailable', `service "${name}" has no port "${wanted}": it has ${known}`);
  }
  const candidates = slicesOf(api, namespace, name).flatMap((slice) => {
    const number = slice.ports?.find((each) => (each.name ?? '') === (servicePort.name ?? ''))?.port;
    const ready = slice.endpoints.filter(({ conditions }) => conditions?.ready !== false);
    return number === undefined
      ? []
      : ready.flatMap(({ targetRef }) => (targetRef?.name ? [[targetRef.name, number] as const] : []));
  });
  const chosen = candidates[Math.floor(Math.random() * candidates.length)];
  if (!chosen) throw new ApiError('ServiceUnavailable', `no endpoints available for service "${name}"`);
  return { ...findRunningPod(api, namespace, chosen[0]), port: chosen[1] };
}

function slicesOf(api: ApiContext, namespace: string, service: string): readonly EndpointSlice[] {
  const slices = api.objects.list('endpointslices.discovery.k8s.io', namespace);
  return slices
    .map(({ object }) => object as EndpointSlice)
    .filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === service);
}

function schemePort(scheme: ProxyPath['scheme']): number {
  return scheme === 'https' ? 443 : 80;
}
