import { finished } from 'node:stream/promises';
import { ApiError, type Status } from '@gantry/api-types';
import type { TerminalOptions } from '@gantry/api-types/protocol';
import type { SpdyConnection } from './spdy/spdy-connection.ts';
import type { SpdyStream } from './spdy/spdy-stream.ts';
import { statusBytes, type TerminalClient } from './terminal.ts';

/** The versions of exec and attach over SPDY, as clients name them. */
export const spdyTerminalProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];

/** Whether the error stream carries a Status. */
export function hasSpdyStatus(protocol: string): boolean {
  return protocol === 'v5.channel.k8s.io' || protocol === 'v4.channel.k8s.io';
}

const creationTimeoutMs = 30_000;
/** A client that has been told the end hangs up; one that does not by then is hung up on. */
const hangUpMs = 30_000;

/** Gathers the streams that a client opens for exec or attach, by what they say they are for. */
export class SpdyTerminalStreams {
  readonly #wanted: ReadonlySet<string>;
  readonly #streams = new Map<string, SpdyStream>();
  #onComplete: () => void = () => undefined;

  constructor(options: TerminalOptions, protocol: string) {
    const canResize = !['v2.channel.k8s.io', 'channel.k8s.io'].includes(protocol);
    this.#wanted = new Set([
      'error',
      ...(options.stdin ? ['stdin'] : []),
      ...(options.stdout ? ['stdout'] : []),
      ...(options.stderr && !options.tty ? ['stderr'] : []),
      ...(options.tty && canResize ? ['resize'] : []),
    ]);
  }

  add(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype') ?? '';
    if (!this.#wanted.has(type) || this.#streams.has(type)) return void stream.destroy();
    this.#streams.set(type, stream);
    if (this.#streams.size === this.#wanted.size) this.#onComplete();
  }

  /** Resolves once all are there; rejects with `ApiError` Timeout, or where the client is gone. */
  async complete(closed: AbortSignal): Promise<void> {
    if (this.#streams.size === this.#wanted.size) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new ApiError('Timeout', 'the client did not open all of its streams'));
      }, creationTimeoutMs);
      const onGone = () => {
        clearTimeout(timer);
        reject(new ApiError('ServiceUnavailable', 'the client is gone'));
      };
      closed.addEventListener('abort', onGone, { once: true });
      this.#onComplete = () => {
        clearTimeout(timer);
        closed.removeEventListener('abort', onGone);
        resolve();
      };
    });
  }

  get(type: string): SpdyStream | undefined {
    return this.#streams.get(type);
  }
}

function closedOrLate(closed: AbortSignal): Promise<void> {
  if (closed.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, hangUpMs);
    closed.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Exec and attach over SPDY. */
export function spdyTerminal(
  connection: SpdyConnection,
  streams: SpdyTerminalStreams,
  facts: { readonly protocol: string; readonly closed: AbortSignal },
): TerminalClient {
  return {
    stdin: streams.get('stdin'),
    resize: streams.get('resize'),
    stdout: streams.get('stdout'),
    stderr: streams.get('stderr'),
    closed: facts.closed,
    async finish(status: Status) {
      // Not before: for kubectl the end of our side says that nobody takes its input any more.
      for (const type of ['stdin', 'resize']) streams.get(type)?.end();
      const error = streams.get('error');
      error?.end(statusBytes(status, hasSpdyStatus(facts.protocol)));
      if (error) await finished(error, { readable: false }).catch(() => undefined);
      // Go's clients drop what they have not yet handed on when the connection ends, so they are let to end it.
      await closedOrLate(facts.closed);
      connection.end();
    },
  };
}
