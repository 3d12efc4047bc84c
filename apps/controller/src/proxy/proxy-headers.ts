import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { ProxyPath } from './proxy-path.ts';

/** What concerns one connection only (RFC 9110, 7.6.1). */
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
/** Who the client is to the API server is nothing for a pod to know. */
const credentials = ['authorization', 'cookie', 'proxy-authorization'];

/** What the pod is sent: the client's headers without its credentials, and where the request came from. */
export function requestHeaders(request: IncomingMessage, { name, rest, prefix }: ProxyPath): OutgoingHttpHeaders {
  const impersonation = Object.keys(request.headers).filter((header) => header.startsWith('impersonate-'));
  return {
    ...without(request.headers, [...hopByHop, ...credentials, ...impersonation]),
    host: name,
    'x-forwarded-for': request.socket.remoteAddress ?? '',
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-proto': 'https',
    'x-forwarded-uri': `${prefix}${rest}`,
  };
}

/** What the client is sent. A redirect to a path leads back through the API server. */
export function responseHeaders({ headers }: IncomingMessage, { prefix }: ProxyPath): OutgoingHttpHeaders {
  const { location } = headers;
  const kept = without(headers, hopByHop);
  return location?.startsWith('/') ? { ...kept, location: `${prefix}${location}` } : kept;
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
