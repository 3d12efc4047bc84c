import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import type { Duplex } from 'node:stream';
import { ApiError, type ErrorReason, errorCatalogue, type Status } from '@gantry/api-types';
import { UserError } from '../output/user-error.ts';

/** How to reach a cluster's API. */
export interface ApiAddress {
  /** `https://host:port`. */
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  /** For answers that take long; 30 seconds by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const timeoutMs = 30_000;
const keepAliveMs = 30_000;

/** A thin client of the Kubernetes API: JSON in, JSON out, refusals as `ApiError`. */
export class ApiConnection {
  readonly server: string;
  readonly caPem: string;
  readonly #options: RequestOptions;
  readonly #agent: Agent;

  constructor(address: ApiAddress) {
    this.server = address.server;
    this.caPem = address.caPem;
    this.#agent = new Agent({ keepAlive: true, ca: address.caPem, maxSockets: 32 });
    this.#options = { agent: this.#agent, headers: { authorization: `Bearer ${address.token}` } };
  }

  /** The parsed answer. Rejects with `ApiError` for a refusal, `UserError` where nothing answers. */
  async json<T>(call: ApiRequest): Promise<T> {
    const response = await this.open(call);
    response.setTimeout(timeoutMs, () =>
      response.destroy(new UserError(`the controller at ${this.server} stopped in the middle of its answer`)),
    );
    return JSON.parse(await readText(response)) as T;
  }

  /** The answer's body as a stream, for watches and logs: no time limit once the headers are there. */
  async open(call: ApiRequest): Promise<IncomingMessage> {
    const response = await this.#send(call);
    if (response.statusCode !== undefined && response.statusCode < 300) return response;
    throw errorFrom(response.statusCode ?? 0, await readText(response));
  }

  /** A connection that has changed to another protocol. Rejects with `ApiError` for a refusal. */
  upgrade(path: string, protocol: string): Promise<Duplex> {
    const headers = { ...(this.#options.headers as Record<string, string>), connection: 'Upgrade', upgrade: protocol };
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    // A connection of its own: it never goes back to those that wait for the next request.
    const options = { method: 'POST', headers, agent: false, ca: this.caPem, timeout: timeoutMs } as const;
    const outgoing = request(new URL(path, this.server), options);
    outgoing.on('upgrade', (_response, socket, head) => {
      socket.setTimeout(0);
      socket.setKeepAlive(true, keepAliveMs);
      if (head.byteLength > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.on('response', (response) => {
      readText(response).then((body) => reject(errorFrom(response.statusCode ?? 0, body)), reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    outgoing.on('error', (error) =>
      reject(new UserError(`the controller at ${this.server} cannot be reached: ${error.message}`, { cause: error })),
    );
    outgoing.end();
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(call: ApiRequest): Promise<IncomingMessage> {
    const url = new URL(call.path, this.server);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      ...(this.#options.headers as Record<string, string>),
      accept: call.accept ?? 'application/json',
      ...(body === undefined
        ? {}
        : {
            'content-type': call.contentType ?? 'application/json',
            'content-length': String(Buffer.byteLength(body)),
          }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = request(
      url,
      { ...this.#options, method: call.method ?? 'GET', headers, ...(call.signal ? { signal: call.signal } : {}) },
      resolve,
    );
    const limitMs = call.timeoutMs ?? timeoutMs;
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${limitMs / 1000} s`)), limitMs);
    outgoing.on('response', () => clearTimeout(timer));
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(
        call.signal?.aborted
          ? error
          : new UserError(`the controller at ${this.server} cannot be reached: ${error.message}`, { cause: error }),
      );
    });
    outgoing.end(body);
    return promise;
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function errorFrom(code: number, text: string): Error {
  try {
    const status = JSON.parse(text) as Status;
    const reason = Object.keys(errorCatalogue).find((name): name is ErrorReason => name === status.reason);
    if (reason && status.message) return new ApiError(reason, status.message, status.details);
  } catch {
    // Not a Status: the text itself is the best there is.
  }
  return new Error(`the controller answered ${code}: ${text.slice(0, 300)}`);
}
