import { isApiError } from '@gantry/api-types';
import type { AcceptorFrame, OpenerFrame, StreamError, StreamRequest } from '@gantry/api-types/protocol';
import type { Logger } from '../lib/logger.ts';
import { type ByteStream, connectionLost, StreamEnd } from './byte-stream.ts';
import { StreamLink, type StreamTransport } from './stream-link.ts';

/** A stream that its peer asked for. */
export interface IncomingStream extends ByteStream {
  /** Tells the peer that the stream is open. */
  accept(): void;
}

/**
 * Serves one stream until it is over: throws before `accept()` to refuse, after it to break off; what it has written
 * when it resolves is still sent. An `ApiError` reaches the peer; of anything else it only learns that it failed.
 */
export type StreamHandler = (request: StreamRequest, stream: IncomingStream) => Promise<void>;

export interface StreamAcceptorOptions {
  readonly transport: StreamTransport<AcceptorFrame>;
  readonly handle: StreamHandler;
  readonly logger: Logger;
}

/** The accepting ends of one connection's streams. Frames of the peer are handed in in their order. */
export class StreamAcceptor {
  readonly #options: StreamAcceptorOptions;
  readonly #link: StreamLink;
  readonly #ends = new Map<number, StreamEnd>();

  constructor(options: StreamAcceptorOptions) {
    this.#options = options;
    this.#link = new StreamLink(options.transport);
  }

  onFrame(frame: OpenerFrame): void {
    switch (frame.type) {
      case 'openStream':
        void this.#serve(frame.id, frame.windowBytes, frame.request);
        return;
      case 'closeStream':
        return this.#drop(frame.id);
      default:
        this.#ends.get(frame.id)?.onFrame(frame);
    }
  }

  onData(id: number, channel: number, data: Uint8Array): void {
    this.#ends.get(id)?.receive(channel, data);
  }

  onDrain(): void {
    this.#link.onDrain();
  }

  /** The connection is gone: every stream breaks off. */
  closeAll(): void {
    for (const id of [...this.#ends.keys()]) this.#drop(id);
  }

  async #serve(id: number, windowBytes: number, request: StreamRequest): Promise<void> {
    const { transport, handle } = this.#options;
    const end = new StreamEnd({
      id,
      windowBytes,
      link: this.#link,
      sendFrame: (frame) => transport.sendFrame(frame),
      onViolation: () => this.#finish(id, { reason: 'BadRequest', message: 'more bytes were sent than granted' }),
    });
    this.#ends.set(id, end);
    let isAccepted = false;
    const accept = () => {
      if (isAccepted || end.signal.aborted) return;
      isAccepted = true;
      transport.sendFrame({ type: 'streamOpened', id });
    };
    try {
      await handle(request, {
        channel: (number) => end.channel(number),
        signal: end.signal,
        get transferredBytes() {
          return end.transferredBytes;
        },
        accept,
      });
      accept();
      await end.flush();
      this.#finish(id, undefined);
    } catch (error) {
      if (!this.#ends.has(id)) return;
      const failure = this.#describe(request, error);
      if (isAccepted) return this.#finish(id, failure);
      this.#ends.delete(id);
      end.destroy();
      transport.sendFrame({ type: 'streamRefused', id, error: failure });
    }
  }

  #finish(id: number, error: StreamError | undefined): void {
    const end = this.#ends.get(id);
    if (!this.#ends.delete(id)) return;
    this.#options.transport.sendFrame({ type: 'streamEnded', id, ...(error ? { error } : {}) });
    end?.destroy();
  }

  #drop(id: number): void {
    const end = this.#ends.get(id);
    this.#ends.delete(id);
    end?.destroy(connectionLost());
  }

  #describe(request: StreamRequest, error: unknown): StreamError {
    if (isApiError(error)) return { reason: error.reason, message: error.message };
    this.#options.logger.error({ err: error, kind: request.kind }, 'a stream failed');
    return {
      reason: 'InternalError',
      message: `the ${request.kind} stream failed: see the log of the node's agent`,
    };
  }
}
