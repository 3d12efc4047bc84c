import type { SpdyStream } from './spdy/spdy-stream.ts';

/** A connection that a client wants forwarded: its bytes, and where it is told what went wrong. */
export interface ForwardRequest {
  readonly port: number;
  readonly data: SpdyStream;
  readonly error: SpdyStream;
}

const pairTimeoutMs = 30_000;

/** Finds the pairs among the streams of a port-forward connection: an error and a data stream with the same request id. */
export class SpdyForwardPairs {
  readonly #onPair: (request: ForwardRequest) => void;
  readonly #halves = new Map<string, { readonly stream: SpdyStream; readonly timer: NodeJS.Timeout }>();

  constructor(onPair: (request: ForwardRequest) => void) {
    this.#onPair = onPair;
  }

  add(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype');
    const port = Number(stream.headers.get('port'));
    if ((type !== 'error' && type !== 'data') || !Number.isInteger(port) || port < 1 || port > 65_535) {
      return void stream.destroy();
    }
    // The oldest clients name no request: their data stream follows its error stream.
    const id = stream.headers.get('requestid') ?? `#${type === 'error' ? stream.id : stream.id - 2}`;
    const other = this.#halves.get(id);
    if (!other) {
      const timer = setTimeout(() => stream.destroy(), pairTimeoutMs);
      this.#halves.set(id, { stream, timer });
      stream.once('close', () => this.#forget(id, stream));
      return;
    }
    this.#forget(id, other.stream);
    if (other.stream.headers.get('streamtype') === type) return void stream.destroy();
    const [data, error] = type === 'data' ? [stream, other.stream] : [other.stream, stream];
    this.#onPair({ port, data, error });
  }

  #forget(id: string, stream: SpdyStream): void {
    const half = this.#halves.get(id);
    if (half?.stream !== stream) return;
    clearTimeout(half.timer);
    this.#halves.delete(id);
  }
}
