import { Readable } from 'node:stream';
import { ApiError } from '@gantry/api-types';
import {
  agentProtocol,
  type ControllerFrame,
  type LogStreamOptions,
  type PodReference,
  type StreamError,
} from '@gantry/api-types/protocol';

const openTimeoutMs = 15_000;

interface OpenStream {
  readonly readable: Readable;
  pushedBytes: number;
  grantedBytes: number;
  onOpened: () => void;
  onRefused: (error: Error) => void;
}

/**
 * The receiving ends of one session's streams. Flow control is by credit: an agent may have a window of bytes in
 * flight, and is granted more as the consumer reads, so that a slow reader slows the writer and memory stays bounded.
 */
export class IncomingStreams {
  readonly #send: (frame: ControllerFrame) => void;
  readonly #streams = new Map<number, OpenStream>();
  #nextId = 1;

  constructor(send: (frame: ControllerFrame) => void) {
    this.#send = send;
  }

  /** Resolves once the agent says that it has opened the stream. Rejects with `ApiError`. */
  async openLogs(pod: PodReference, options: LogStreamOptions, signal: AbortSignal): Promise<Readable> {
    const id = this.#nextId;
    this.#nextId += 1;
    const readable = new Readable({
      highWaterMark: agentProtocol.streamWindowBytes,
      read: () => this.#grant(id),
      destroy: (error, callback) => {
        if (this.#streams.delete(id)) this.#send({ type: 'closeStream', id });
        callback(error);
      },
    });
    const opened = new Promise<void>((resolve, reject) => {
      this.#streams.set(id, { readable, pushedBytes: 0, grantedBytes: 0, onOpened: resolve, onRefused: reject });
    });
    const onAbort = () => readable.destroy();
    const timer = setTimeout(() => {
      this.#refuse(
        id,
        new ApiError('Timeout', `the node's agent did not open the log stream within ${openTimeoutMs / 1000} s`),
      );
    }, openTimeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    readable.once('close', () => signal.removeEventListener('abort', onAbort));
    this.#send({ type: 'openStream', id, kind: 'logs', pod, options });
    try {
      await opened;
      return readable;
    } catch (error) {
      readable.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  onOpened(id: number): void {
    this.#streams.get(id)?.onOpened();
  }

  onRefused(id: number, error: StreamError): void {
    this.#refuse(id, new ApiError(error.reason, error.message));
  }

  onData(id: number, data: Uint8Array): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.pushedBytes += data.byteLength;
    stream.readable.push(data);
  }

  onEnded(id: number, error: StreamError | undefined): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(id);
    if (error) stream.readable.destroy(new ApiError(error.reason, error.message));
    else stream.readable.push(null);
  }

  /** The session is gone: every stream ends with an error. */
  closeAll(): void {
    for (const [id, stream] of [...this.#streams]) {
      this.#streams.delete(id);
      const error = new ApiError('ServiceUnavailable', "the connection to the node's agent was lost");
      stream.onRefused(error);
      if (stream.readable.listenerCount('error') > 0) stream.readable.destroy(error);
      else stream.readable.destroy();
    }
  }

  #refuse(id: number, error: Error): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(id);
    stream.onRefused(error);
  }

  #grant(id: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    const consumedBytes = stream.pushedBytes - stream.readable.readableLength;
    const bytes = consumedBytes - stream.grantedBytes;
    if (bytes < agentProtocol.streamWindowBytes / 4) return;
    stream.grantedBytes = consumedBytes;
    this.#send({ type: 'credit', id, bytes });
  }
}
