import type { EndpointSlice, Ingress, IngressBackend, IngressClass, Secret, Service } from '@gantry/api-types';
import type {
  IngressCertificate,
  IngressConfig,
  IngressHostRoutes,
  IngressPathRoute,
  IngressTarget,
} from '@gantry/api-types/ingress-config';

/** What an IngressClass names where its Ingresses are ours. */
export const ingressController = 'gantry.io/ingress';
const defaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class';
/** How a class was named before `spec.ingressClassName`; still common. */
const legacyClassAnnotation = 'kubernetes.io/ingress.class';

/** What planning looks things up in. */
export interface IngressWorld {
  readonly classes: readonly IngressClass[];
  service(namespace: string, name: string): Service | undefined;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  secret(namespace: string, name: string): Secret | undefined;
}

/** Whether the Ingress is for our proxy: by its class, or by none where our class is the default. */
export function isOurs(ingress: Ingress, classes: readonly IngressClass[]): boolean {
  const ours = classes.filter(({ spec }) => spec.controller === ingressController);
  const name = ingress.spec.ingressClassName ?? ingress.metadata.annotations?.[legacyClassAnnotation];
  if (name !== undefined) return ours.some(({ metadata }) => metadata.name === name);
  return ours.some(({ metadata }) => metadata.annotations?.[defaultClassAnnotation] === 'true');
}

/**
 * All that our Ingresses ask for. Where two claim the same host and path, or the default, the older one has it. Pure.
 */
export function planIngress(ingresses: readonly Ingress[], world: IngressWorld): IngressConfig {
  const own = ingresses.filter((ingress) => isOurs(ingress, world.classes)).toSorted(byAge);
  const hosts = new Map<string, Map<string, IngressPathRoute>>();
  let defaultRoute: IngressPathRoute | undefined;
  for (const ingress of own) {
    const namespace = ingress.metadata.namespace ?? '';
    const { rules = [], defaultBackend } = ingress.spec;
    if (defaultBackend) defaultRoute ??= routeOf(namespace, defaultBackend, { path: '/', type: 'Prefix' }, world);
    for (const rule of rules) {
      const host = rule.host?.toLowerCase() ?? '';
      const paths = hosts.get(host) ?? new Map<string, IngressPathRoute>();
      hosts.set(host, paths);
      for (const { path = '/', pathType, backend } of rule.http?.paths ?? []) {
        const type = pathType === 'Exact' ? 'Exact' : 'Prefix';
        const key = `${type} ${path}`;
        if (!paths.has(key)) paths.set(key, routeOf(namespace, backend, { path, type }, world));
      }
    }
  }
  const routes: IngressHostRoutes[] = [...hosts].map(([host, paths]) => ({ host, paths: [...paths.values()] }));
  const certificates = own.flatMap((ingress) => certificatesOf(ingress, world));
  return { hosts: routes, certificates, ...(defaultRoute ? { defaultRoute } : {}) };
}

function byAge(a: Ingress, b: Ingress): number {
  const age = a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp);
  return age || nameOf(a).localeCompare(nameOf(b));
}

function nameOf({ metadata }: Ingress): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function routeOf(
  namespace: string,
  backend: IngressBackend,
  match: Pick<IngressPathRoute, 'path' | 'type'>,
  world: IngressWorld,
): IngressPathRoute {
  const { service } = backend;
  if (!service) return { ...match, targets: [], service: `${namespace}/${backend.resource?.name ?? ''}` };
  const targets = targetsOf(world, namespace, service);
  return { ...match, targets, service: `${namespace}/${service.name}` };
}

function targetsOf(
  world: IngressWorld,
  namespace: string,
  backend: NonNullable<IngressBackend['service']>,
): IngressTarget[] {
  const service = world.service(namespace, backend.name);
  const port = service?.spec.ports?.find(({ name, port: number }) =>
    backend.port?.name ? name === backend.port.name : number === backend.port?.number,
  );
  if (!service || !port) return [];
  if (service.spec.type === 'ExternalName')
    return service.spec.externalName ? [{ host: service.spec.externalName, port: port.port }] : [];
  return world.slices(namespace, backend.name).flatMap((slice) => readyTargets(slice, port.name));
}

function readyTargets(slice: EndpointSlice, portName = ''): IngressTarget[] {
  const port = slice.ports.find(({ name = '' }) => name === portName)?.port;
  if (port === undefined) return [];
  return slice.endpoints.flatMap(({ addresses, conditions }) =>
    conditions?.ready === false ? [] : addresses.slice(0, 1).map((host) => ({ host, port })),
  );
}

function certificatesOf({ metadata, spec }: Ingress, world: IngressWorld): IngressCertificate[] {
  return (spec.tls ?? []).flatMap(({ hosts = [], secretName }) => {
    const data = secretName && world.secret(metadata.namespace ?? '', secretName)?.data;
    const certificate = data && decode(data['tls.crt']);
    const key = data && decode(data['tls.key']);
    return certificate && key ? [{ hosts: hosts.map((host) => host.toLowerCase()), certificate, key }] : [];
  });
}

function decode(base64: string | undefined): string | undefined {
  return base64 === undefined
    ? undefined
    : new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}
