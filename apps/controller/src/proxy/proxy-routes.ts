import { type IncomingMessage, request as sendRequest } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpContext } from '../api/http/http-context.ts';
import { checkAccess } from '../api/http/resource-routes.ts';
import { requireNodeStreams } from '../api/subresources/pod-streams.ts';
import type { User } from '../auth/user.ts';
import { openProxyConnection } from './proxy-connection.ts';
import { requestHeaders, responseHeaders } from './proxy-headers.ts';
import { type ProxyPath, parseProxyPath } from './proxy-path.ts';
import { findProxyTarget } from './proxy-target.ts';

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** `pods/NAME/proxy` and `services/NAME/proxy`: any request to a port of a pod, through the API server and the agent. */
export function registerProxyRoutes(app: FastifyInstance, http: HttpContext): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Bodies of any size and kind go through as they come.
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const handler = (request: FastifyRequest, reply: FastifyReply) => answer(http, request, reply);
    for (const resource of ['pods', 'services']) {
      const url = `/api/v1/namespaces/:namespace/${resource}/:name/proxy`;
      scope.route({ method: [...methods], url, handler });
      scope.route({ method: [...methods], url: `${url}/*`, handler });
    }
  });
}

/** The verb by the method, as Kubernetes has it. Throws 403. */
export function checkProxyAccess(http: HttpContext, user: User, path: ProxyPath, method: string): void {
  const { namespace, resource, name } = path;
  const asked = { group: '', version: 'v1', apiVersion: 'v1', namespace, resource, name, subresource: 'proxy' };
  checkAccess(user, { path: asked, query: {}, kind: http.api.registry.byResource(resource) }, verbs[method] ?? 'get');
}

async function answer(http: HttpContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { url = '', method = 'GET' } = request.raw;
  const queryAt = url.indexOf('?');
  const [pathname, query] = queryAt < 0 ? [url, ''] : [url.slice(0, queryAt), url.slice(queryAt)];
  const path = parseProxyPath(pathname);
  if (!path) throw new ApiError('NotFound', 'the server could not find the requested resource');
  if (!request.user) throw new ApiError('Unauthorized', 'Unauthorized');
  checkProxyAccess(http, request.user, path, method);
  const { api, closing } = http;
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, closing]);
  const connection = await openProxyConnection(
    requireNodeStreams(api),
    findProxyTarget(api, path),
    path.scheme,
    signal,
  );
  const response = await exchange(connection, request, { path, query });
  return reply
    .code(response.statusCode ?? 502)
    .headers(responseHeaders(response, path))
    .send(response);
}

/** Sends the request on and resolves with the answer's head. Rejects with `ApiError` where none came. */
function exchange(
  connection: Duplex,
  { raw, body }: FastifyRequest,
  { path, query }: { readonly path: ProxyPath; readonly query: string },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = sendRequest({
      createConnection: () => connection,
      method: raw.method,
      path: `${path.rest}${query}`,
      headers: requestHeaders(raw, path),
    });
    const fail = (error: Error) => {
      connection.destroy();
      reject(new ApiError('ServiceUnavailable', `error trying to reach service: ${error.message}`));
    };
    sent.on('response', resolve).on('error', fail);
    const source = body as Readable | undefined;
    if (source && typeof source.pipe === 'function') source.on('error', fail).pipe(sent);
    else sent.end();
  });
}
