import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import Docker from 'dockerode';
import type { EngineMeter } from '../metrics/agent-instruments.ts';
import { RuntimeError } from './container-runtime.ts';

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
  /** A tar archive instead of a JSON body. */
  readonly archive?: Buffer | Readable;
  readonly registryAuth?: object;
  /** How long the answer (for streams: its beginning) may take. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The connection settings of docker-modem; the environment's (`DOCKER_HOST` and friends) where empty. */
export type EngineAddress = Readonly<{ socketPath?: string; host?: string; port?: number }>;

interface EngineFailure {
  readonly statusCode?: number;
  readonly json?: unknown;
  readonly message?: string;
  readonly code?: string;
}

const defaultTimeoutMs = 60_000;

/** Requests to the Engine API over dockerode's connection: bounded in time, errors as {@link RuntimeError}. */
export class DockerClient {
  readonly #docker: Docker;
  readonly #meter: EngineMeter | undefined;

  constructor(address: EngineAddress = {}, meter?: EngineMeter) {
    this.#docker = new Docker({ ...address });
    this.#meter = meter;
  }

  /** The parsed JSON answer. The caller names its shape: the engine is trusted to keep its API. */
  async json<T>(request: EngineRequest): Promise<T> {
    return (await this.#dial(request, { isStream: false })) as T;
  }

  /** As {@link json}, undefined where the engine answers 404. */
  async jsonOrUndefined<T>(request: EngineRequest): Promise<T | undefined> {
    try {
      return await this.json<T>(request);
    } catch (error) {
      if (error instanceof RuntimeError && error.code === 'notFound') return undefined;
      throw error;
    }
  }

  /** Answers 304 (already so) and the codes in `accepted` as success. */
  async act(request: EngineRequest, accepted: readonly number[] = []): Promise<void> {
    await this.#dial(request, { isStream: false, accepted });
  }

  /** The raw answer as it comes in. */
  async stream(request: EngineRequest): Promise<IncomingMessage> {
    return (await this.#dial(request, { isStream: true })) as IncomingMessage;
  }

  /** The connection itself, once the engine has given it over to raw bytes in both directions. */
  async hijack(request: EngineRequest): Promise<Duplex> {
    return (await this.#dial(request, { isStream: false, isHijacked: true })) as Duplex;
  }

  #dial(
    request: EngineRequest,
    mode: { isStream: boolean; isHijacked?: boolean; accepted?: readonly number[] },
  ): Promise<unknown> {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const abort = new AbortController();
    let isTimedOut = false;
    const timer = setTimeout(() => {
      isTimedOut = true;
      abort.abort();
    }, timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, abort.signal]) : abort.signal;
    const what = `${request.method} ${request.path}`;
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const done = (error: unknown, data: unknown) => {
        clearTimeout(timer);
        // A 404 is often the answer that was hoped for, and who gave up waiting had no failure of the engine.
        const isFailure = Boolean(error) && statusOf(error) !== 404 && !request.signal?.aborted;
        this.#meter?.called(operationOf(request), (performance.now() - startedAt) / 1000, isFailure);
        if (!error) return resolve(data);
        if (isTimedOut)
          return reject(new RuntimeError('timeout', `the engine did not answer ${what} in ${timeoutMs} ms`));
        reject(toRuntimeError(error as EngineFailure));
      };
      if (signal.aborted) return done(new Error('aborted'), undefined);
      this.#docker.modem.dial(
        {
          path: `${request.path}?`,
          method: request.method,
          isStream: mode.isStream,
          abortSignal: signal,
          statusCodes: statusCodes(mode.accepted ?? []),
          // The body is always sent: without one, the end of a chunked body would become the first input.
          ...(mode.isHijacked ? { hijack: true, openStdin: true, allowEmpty: true } : {}),
          ...(request.registryAuth ? { authconfig: request.registryAuth } : {}),
          ...(request.archive ? { file: request.archive } : {}),
          options: { _query: request.query ?? {}, _body: request.body ?? {} },
        } as never,
        done,
      );
    });
  }
}

function statusOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
}

/** What is called, without ids and names: `POST containers/start`, `GET images/json`. */
export function operationOf({ method, path }: Pick<EngineRequest, 'method' | 'path'>): string {
  const parts = path.split('/').filter((part) => part !== '');
  const [kind = '', ...rest] = parts;
  const last = rest.at(-1);
  const isVerb = last !== undefined && /^[a-z]+$/.test(last) && (rest.length > 1 || verbsOfCollections.has(last));
  return `${method} ${isVerb ? `${kind}/${last}` : kind}`;
}

const verbsOfCollections: ReadonlySet<string> = new Set(['create', 'json', 'load', 'get', 'prune', 'connect', 'df']);

function statusCodes(accepted: readonly number[]): Record<number, true> {
  const codes = [101, 200, 201, 202, 204, 304, ...accepted];
  return Object.fromEntries(codes.map((code) => [code, true]));
}

/** An engine on its way down still answers, with errors of its own parts that say nothing about the request. */
const goingDown =
  /transport is closing|context canceled|shutting down|error while dialing|ttrpc: closed|code = Unavailable|containerd\.sock/i;

function toRuntimeError(failure: EngineFailure): RuntimeError {
  const text = engineText(failure);
  if ((failure.statusCode ?? 0) >= 500 && goingDown.test(text)) {
    return new RuntimeError('unreachable', `the engine is going down: ${text}`, { cause: failure });
  }
  switch (failure.statusCode) {
    case undefined:
      return new RuntimeError('unreachable', `the engine does not answer: ${text}`, { cause: failure });
    case 404:
      return new RuntimeError(/no such image/i.test(text) ? 'noSuchImage' : 'notFound', text);
    case 409:
      return new RuntimeError('conflict', text);
    default:
      return new RuntimeError('refused', text);
  }
}

function engineText(failure: EngineFailure): string {
  const { json } = failure;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') {
    return json.message;
  }
  // docker-modem's own words around the engine's, where it read the answer as a stream.
  return (failure.message ?? String(failure)).replace(/^\(HTTP code \d+\) .*? - /, '').trim();
}
