import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, type FeedRole } from '@gantry/api-types';
import type { InProcessApi } from '../api/http/in-process.ts';
import type { DashboardCredentials } from '../auth/dashboard-credentials.ts';
import { parseProxyPath } from '../proxy/proxy-path.ts';
import { refuseUpgrade } from '../streaming/handshake.ts';
import { refuseForeignFetch, refuseRequest, securityHeaders } from './request-guard.ts';

/** The Kubernetes API under the dashboard's own origin: `/k8s/api/v1/pods` is the API's `/api/v1/pods`. */
export const apiPrefix = '/k8s/';

/** Requests, watches and streams of all open pages together. */
const maxOpen = 1_000;

export interface ApiAccessOptions {
  readonly backend: InProcessApi;
  readonly credentials: DashboardCredentials;
  readonly roleOf: (cookieHeader: string | undefined) => FeedRole | undefined;
}

/** Takes what pages ask of the Kubernetes API. Both answer false where the path is not the API's. */
export interface ApiAccess {
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Breaks off every stream of a page: a server does not close before its upgraded connections do. */
  close(): void;
}

/**
 * Hands requests of pages with a session to the API server of this process, as the user of the session's role: the API
 * itself says what that user may do. Requests of other sites and without a session get no further than here.
 */
export function createApiAccess({ backend, credentials, roleOf }: ApiAccessOptions): ApiAccess {
  let open = 0;
  const upgraded = new Set<Duplex>();
  /** Readies the request for the API server; throws `ApiError` where it must not get there. */
  const admit = (request: IncomingMessage): void => {
    const { headers } = request;
    const problem = refuseRequest(headers) ?? refuseForeignFetch(headers);
    if (problem) throw new ApiError('Forbidden', problem);
    const role = roleOf(headers.cookie);
    if (!role) throw new ApiError('Unauthorized', 'no dashboard session: npx gantry dashboard prints a link');
    if (!backend.isReady()) {
      throw new ApiError('ServiceUnavailable', 'the controller is starting', { retryAfterSeconds: 1 });
    }
    const path = (request.url ?? '').slice(apiPrefix.length - 1);
    // A page that a pod serves would run with the session of whoever opens it.
    if (parseProxyPath(path.split('?', 1)[0] ?? '')) {
      throw new ApiError('Forbidden', 'pods are not proxied to pages of the dashboard: use kubectl proxy');
    }
    if (open >= maxOpen) {
      const message = `${maxOpen} requests of dashboard pages are open: close a page or some of its logs and terminals`;
      throw new ApiError('TooManyRequests', message, { retryAfterSeconds: 5 });
    }
    request.url = path;
    headers.authorization = credentials.authorization(role);
    delete headers.cookie;
  };
  const countUntilClosed = (connection: ServerResponse | Duplex): void => {
    open += 1;
    connection.once('close', () => {
      open -= 1;
    });
  };
  return {
    answer(request, response) {
      if (!request.url?.startsWith(apiPrefix)) return false;
      for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
      try {
        admit(request);
      } catch (error) {
        refuse(response, error);
        return true;
      }
      countUntilClosed(response);
      backend.answer(request, response);
      return true;
    },
    upgrade(request, socket, head) {
      if (!request.url?.startsWith(apiPrefix)) return false;
      socket.on('error', () => socket.destroy());
      try {
        admit(request);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refuseUpgrade(socket, error);
        return true;
      }
      countUntilClosed(socket);
      upgraded.add(socket);
      socket.once('close', () => upgraded.delete(socket));
      if (!backend.upgrade(request, socket, head)) {
        refuseUpgrade(socket, new ApiError('NotFound', 'nothing at this path can be upgraded'));
      }
      return true;
    },
    close() {
      for (const socket of upgraded) socket.destroy();
    },
  };
}

function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  // What the client may still be sending is not read: the connection cannot be used again.
  response.writeHead(error.code, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(error.toStatus()));
}
