import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** The API server for requests that arrived at another server of this process, with the API's own paths and credentials. */
export interface InProcessApi {
  /** False until all routes are there: before, nothing may be answered. */
  isReady(): boolean;
  answer(request: IncomingMessage, response: ServerResponse): void;
  /** False where the path is none of the API's: the socket is still the caller's then. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

/** To be called before the server is ready. */
export function createInProcessApi(app: FastifyInstance, upgrade: InProcessApi['upgrade']): InProcessApi {
  let isReady = false;
  app.addHook('onReady', async () => {
    isReady = true;
  });
  return { isReady: () => isReady, answer: (request, response) => app.routing(request, response), upgrade };
}
