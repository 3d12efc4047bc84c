import { ApiError } from '@gantry/api-types';
import {
  type AcceptorFrame,
  type OpenerFrame,
  type StreamError,
  type StreamRequest,
  streamLimits,
} from '@gantry/api-types/protocol';
import type { Clock } from '../lib/clock.ts';
import { type ByteStream, connectionLost, StreamEnd } from './byte-stream.ts';
import { StreamLink, type StreamTransport } from './stream-link.ts';

const openTimeoutMs = 15_000;

/** A stream that its peer has accepted. */
export interface OpenedStream extends ByteStream {
  /**
   * How the peer ended it: undefined where it went well. A stream that {@link close} ended, or that lost its
   * connection, has an error. Never rejects.
   */
  readonly ended: Promise<ApiError | undefined>;
  /** Nobody reads any more: tells the peer and destroys the channels. Does nothing where the stream is over. */
  close(): void;
}

interface Entry {
  readonly end: StreamEnd;
  readonly onOpened: () => void;
  /** Settles both a waiting `open` and `ended`. */
  readonly onOver: (error: ApiError | undefined) => void;
}

/** The opening ends of one session's streams. Frames of the peer are handed to the `on` methods in their order. */
export class StreamOpener {
  readonly #transport: StreamTransport<OpenerFrame>;
  readonly #clock: Clock;
  readonly #link: StreamLink;
  readonly #entries = new Map<number, Entry>();
  #nextId = 1;
  #isClosed = false;

  constructor(transport: StreamTransport<OpenerFrame>, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
    this.#link = new StreamLink(transport);
  }

  /**
   * Resolves once the peer has accepted. Rejects with `ApiError` (what the peer refused with, TooManyRequests, Timeout,
   * ServiceUnavailable) or the signal's reason. Aborting the signal later closes the stream.
   */
  async open(request: StreamRequest, signal: AbortSignal): Promise<OpenedStream> {
    signal.throwIfAborted();
    if (this.#isClosed) throw connectionLost();
    if (this.#entries.size >= streamLimits.maxStreams) {
      const message = `the node already has ${streamLimits.maxStreams} open streams (logs, exec, attach, port-forward): close some`;
      throw new ApiError('TooManyRequests', message, { retryAfterSeconds: 1 });
    }
    const { id, windowBytes, stream, opened } = this.#create();
    const onAbort = () => stream.close();
    const cancelTimer = this.#clock.setTimer(() => {
      const message = `the node's agent did not open the ${request.kind} stream within ${openTimeoutMs / 1000} s`;
      this.#cancel(id, new ApiError('Timeout', message));
    }, openTimeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    void stream.ended.then(() => signal.removeEventListener('abort', onAbort));
    this.#transport.sendFrame({ type: 'openStream', id, windowBytes, request });
    try {
      await opened;
      return stream;
    } finally {
      cancelTimer();
    }
  }

  onFrame(frame: AcceptorFrame): void {
    const entry = this.#entries.get(frame.id);
    if (!entry) return;
    switch (frame.type) {
      case 'streamOpened':
        return entry.onOpened();
      case 'streamRefused':
        return this.#onOver(frame.id, frame.error);
      case 'streamEnded':
        return this.#onOver(frame.id, frame.error);
      default:
        return entry.end.onFrame(frame);
    }
  }

  onData(id: number, channel: number, data: Uint8Array): void {
    this.#entries.get(id)?.end.receive(channel, data);
  }

  onDrain(): void {
    this.#link.onDrain();
  }

  /** The session is gone: every stream breaks off. */
  closeAll(): void {
    this.#isClosed = true;
    for (const [id, { end, onOver }] of [...this.#entries]) {
      this.#entries.delete(id);
      const error = connectionLost();
      end.destroy(error);
      onOver(error);
    }
  }

  #create(): { id: number; windowBytes: number; stream: OpenedStream; opened: Promise<void> } {
    const id = this.#nextId;
    this.#nextId += 1;
    const isWide = this.#entries.size < streamLimits.wideStreams;
    const windowBytes = isWide ? streamLimits.windowBytes : streamLimits.narrowWindowBytes;
    const end = new StreamEnd({
      id,
      windowBytes,
      link: this.#link,
      sendFrame: (frame) => this.#transport.sendFrame(frame),
      onViolation: () =>
        this.#cancel(id, new ApiError('InternalError', "the node's agent sent more bytes than it may")),
    });
    const { promise: opened, resolve: onOpened, reject } = Promise.withResolvers<void>();
    const { promise: ended, resolve: onEnded } = Promise.withResolvers<ApiError | undefined>();
    const onOver = (error: ApiError | undefined) => {
      reject(error ?? new ApiError('ServiceUnavailable', 'the stream ended before it was open'));
      onEnded(error);
    };
    this.#entries.set(id, { end, onOpened, onOver });
    const stream = {
      channel: (number: number) => end.channel(number),
      signal: end.signal,
      get transferredBytes() {
        return end.transferredBytes;
      },
      ended,
      close: () => this.#cancel(id, new ApiError('ServiceUnavailable', 'the stream was closed')),
    };
    return { id, windowBytes, stream, opened };
  }

  /** The peer is done with it. */
  #onOver(id: number, failure: StreamError | undefined): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    const error = failure && new ApiError(failure.reason, failure.message);
    if (error) entry?.end.destroy(error);
    else entry?.end.endReceiving();
    entry?.onOver(error);
  }

  #cancel(id: number, error: ApiError): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#transport.sendFrame({ type: 'closeStream', id });
    entry.end.destroy(error);
    entry.onOver(error);
  }
}
