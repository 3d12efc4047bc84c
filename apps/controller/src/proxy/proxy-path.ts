/** A path that leads through the API server to a port of a pod or a Service. */
export interface ProxyPath {
  readonly namespace: string;
  readonly resource: 'pods' | 'services';
  readonly name: string;
  readonly scheme: 'http' | 'https';
  /** A number, or a name of the Service's port; undefined where none was given. */
  readonly port: string | undefined;
  /** What is asked there, as the client encoded it, with the leading slash. */
  readonly rest: string;
  /** The path up to there, without a slash at its end: where redirects must lead back to. */
  readonly prefix: string;
}

const shape = /^(\/api\/v1\/namespaces\/([^/]+)\/(pods|services)\/([^/]+)\/proxy)(\/.*)?$/;
const target = /^(?:(https?):)?([^:]+)(?::([^:]*))?$/;

/**
 * Takes `/api/v1/namespaces/NS/(pods|services)/[SCHEME:]NAME[:PORT]/proxy[/…]` (without a query) apart; undefined for
 * any other path.
 */
export function parseProxyPath(path: string): ProxyPath | undefined {
  const [, prefix = '', namespace = '', resource, named = '', rest = '/'] = shape.exec(path) ?? [];
  const [, scheme = 'http', name, port] = target.exec(decode(named) ?? '') ?? [];
  if (name === undefined || (resource !== 'pods' && resource !== 'services')) return undefined;
  return {
    namespace,
    resource,
    name,
    scheme: scheme === 'https' ? 'https' : 'http',
    port: port || undefined,
    rest,
    prefix,
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
