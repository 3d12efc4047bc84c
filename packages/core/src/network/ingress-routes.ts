import type { IngressConfig, IngressHostRoutes, IngressPathRoute } from '@gantry/api-types/ingress-config';

/**
 * The route of a request; undefined where none matches and there is no default. As Kubernetes has it: an exact host goes
 * before a wildcard and that before rules without a host; within a host an exact path before prefixes, longer before
 * shorter, and prefixes match whole elements (`/shop` matches `/shop/cart`, not `/shopping`).
 *
 * @param host of the Host header, with or without port
 * @param path without query
 */
export function findRoute(config: IngressConfig, host: string, path: string): IngressPathRoute | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  for (const candidate of [name, wildcardOf(name), '']) {
    const routes = candidate === undefined ? undefined : config.hosts.find((each) => each.host === candidate);
    const found = routes && findPath(routes, path);
    if (found) return found;
  }
  return config.defaultRoute;
}

/** `*.example` for `shop.example`. */
export function wildcardOf(host: string): string | undefined {
  const dot = host.indexOf('.');
  return dot > 0 ? `*${host.slice(dot)}` : undefined;
}

function findPath({ paths }: IngressHostRoutes, path: string): IngressPathRoute | undefined {
  let best: IngressPathRoute | undefined;
  for (const route of paths) {
    if (!matches(route, path)) continue;
    if (route.type === 'Exact') return route;
    if (!best || trimmed(route.path).length > trimmed(best.path).length) best = route;
  }
  return best;
}

function matches(route: IngressPathRoute, path: string): boolean {
  if (route.type === 'Exact') return path === route.path;
  const prefix = trimmed(route.path);
  return path === prefix || path.startsWith(`${prefix}/`);
}

function trimmed(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
