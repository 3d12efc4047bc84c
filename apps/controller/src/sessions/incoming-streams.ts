import { Readable } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import {
  agentProtocol,
  type ControllerFrame,
  type LogStreamOptions,
  type PodReference,
  type StreamError,
} from '@gantry/api-types/protocol';
import type { Clock } from '@gantry/core';

const openTimeoutMs = 15_000;
const readableBytes = 64 * 1024;
/** An agent that sends this much more than it was granted does not keep to the protocol. */
const maxQueuedBytes = 8 * agentProtocol.streamWindowBytes;

interface OpenStream {
  readonly readable: Readable;
  /** Received and not yet asked for by the consumer. */
  readonly queue: Uint8Array[];
  queuedBytes: number;
  /** Handed to the consumer and not yet granted anew. */
  consumedBytes: number;
  isWanted: boolean;
  hasEnded: boolean;
  readonly onOpened: () => void;
  readonly onRefused: (error: Error) => void;
}

/**
 * The receiving ends of one session's streams. Flow control is by credit: an agent may have a window of bytes in
 * flight, and is granted more as the consumer reads, so that a slow reader slows the writer and memory stays bounded.
 */
export class IncomingStreams {
  readonly #send: (frame: ControllerFrame) => void;
  readonly #clock: Clock;
  readonly #streams = new Map<number, OpenStream>();
  #nextId = 1;

  constructor(send: (frame: ControllerFrame) => void, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** Resolves once the agent says that it has opened the stream. Rejects with `ApiError`, or the signal's reason. */
  async openLogs(pod: PodReference, options: LogStreamOptions, signal: AbortSignal): Promise<Readable> {
    signal.throwIfAborted();
    const id = this.#nextId;
    this.#nextId += 1;
    const { readable, opened } = this.#create(id);
    const onAbort = () => readable.destroy();
    const cancelTimer = this.#clock.setTimer(() => {
      const message = `the node's agent did not open the log stream within ${openTimeoutMs / 1000} s`;
      this.#streams.get(id)?.onRefused(new ApiError('Timeout', message));
    }, openTimeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    readable.once('close', () => signal.removeEventListener('abort', onAbort));
    this.#send({ type: 'openStream', id, kind: 'logs', pod, options });
    try {
      await opened;
      return readable;
    } catch (error) {
      // Also tells the agent, which may be about to open it.
      readable.destroy();
      throw error;
    } finally {
      cancelTimer();
    }
  }

  onOpened(id: number): void {
    this.#streams.get(id)?.onOpened();
  }

  onRefused(id: number, error: StreamError): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.onRefused(new ApiError(error.reason, error.message));
  }

  onData(id: number, data: Uint8Array): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (stream.queuedBytes > maxQueuedBytes) {
      stream.readable.destroy(new ApiError('InternalError', "the node's agent sent more log bytes than it may"));
      return;
    }
    stream.queue.push(data);
    stream.queuedBytes += data.byteLength;
    this.#deliver(id, stream);
  }

  onEnded(id: number, error: StreamError | undefined): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (error) {
      this.#streams.delete(id);
      stream.readable.destroy(new ApiError(error.reason, error.message));
      return;
    }
    stream.hasEnded = true;
    this.#deliver(id, stream);
  }

  /** The session is gone: every stream ends with an error. */
  closeAll(): void {
    for (const [id, stream] of [...this.#streams]) {
      this.#streams.delete(id);
      const error = new ApiError('ServiceUnavailable', "the connection to the node's agent was lost");
      stream.onRefused(error);
      // Who has not attached yet learns of it by the missing end, not by an exception nobody catches.
      if (stream.readable.listenerCount('error') > 0) stream.readable.destroy(error);
      else stream.readable.destroy();
    }
  }

  #create(id: number): { readable: Readable; opened: Promise<void> } {
    const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
    const readable = new Readable({
      highWaterMark: readableBytes,
      read: () => {
        const stream = this.#streams.get(id);
        if (!stream) return;
        stream.isWanted = true;
        this.#deliver(id, stream);
      },
      destroy: (error, callback) => {
        if (this.#streams.delete(id)) this.#send({ type: 'closeStream', id });
        reject(error ?? new ApiError('ServiceUnavailable', 'the log stream was closed before it was open'));
        callback(error);
      },
    });
    this.#streams.set(id, {
      readable,
      queue: [],
      queuedBytes: 0,
      consumedBytes: 0,
      isWanted: false,
      hasEnded: false,
      onOpened: resolve,
      onRefused: reject,
    });
    return { readable, opened };
  }

  /**
   * Hands over one chunk for each time the consumer asks: what lies in the queue counts against the agent's window, so
   * that the credit follows the consumer and not what Node happens to buffer.
   */
  #deliver(id: number, stream: OpenStream): void {
    if (!stream.isWanted) return;
    const chunk = stream.queue.shift();
    if (!chunk) {
      if (!stream.hasEnded) return;
      this.#streams.delete(id);
      stream.readable.push(null);
      return;
    }
    stream.isWanted = false;
    stream.queuedBytes -= chunk.byteLength;
    stream.consumedBytes += chunk.byteLength;
    if (stream.consumedBytes >= agentProtocol.streamWindowBytes / 4 && !stream.hasEnded) {
      this.#send({ type: 'credit', id, bytes: stream.consumedBytes });
      stream.consumedBytes = 0;
    }
    stream.readable.push(chunk);
  }
}
