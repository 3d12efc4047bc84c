import type { Readable } from 'node:stream';
import { isApiError } from '@gantry/api-types';
import {
  type AgentFrame,
  agentProtocol,
  encodeStreamData,
  type LogStreamOptions,
  type PodReference,
  type StreamError,
} from '@gantry/api-types/protocol';
import type { Logger } from '@gantry/core';
import type { NodePods } from '../node-api.ts';

interface OpenStream {
  readonly abort: AbortController;
  source: Readable | undefined;
  windowBytes: number;
}

export interface OutgoingStreamsOptions {
  readonly pods: NodePods;
  readonly logger: Logger;
  readonly send: (frame: AgentFrame) => void;
  readonly sendData: (frame: Uint8Array) => void;
}

/** The sending ends of one connection's streams: a source is paused while the controller grants no window. */
export class OutgoingStreams {
  readonly #options: OutgoingStreamsOptions;
  readonly #streams = new Map<number, OpenStream>();

  constructor(options: OutgoingStreamsOptions) {
    this.#options = options;
  }

  async openLogs(id: number, pod: PodReference, request: LogStreamOptions): Promise<void> {
    const { pods, send } = this.#options;
    const stream: OpenStream = {
      abort: new AbortController(),
      source: undefined,
      windowBytes: agentProtocol.streamWindowBytes,
    };
    this.#streams.set(id, stream);
    try {
      const source = await pods.openLogs(pod.uid, request, stream.abort.signal);
      // First of all: an error that nobody listens to would end the agent.
      source.on('error', (error) => this.#finish(id, error));
      if (stream.abort.signal.aborted) return void source.destroy();
      stream.source = source;
      send({ type: 'streamOpened', id });
      source.on('data', (chunk: Buffer) => this.#onData(id, stream, chunk));
      source.once('end', () => this.#finish(id, undefined));
      source.once('close', () => this.#finish(id, new Error('the log source closed before its end')));
    } catch (error) {
      if (!this.#streams.delete(id)) return;
      send({ type: 'streamRefused', id, error: this.#describe(error) });
    }
  }

  close(id: number): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.abort.abort();
    stream?.source?.destroy();
  }

  grant(id: number, bytes: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.windowBytes += bytes;
    if (stream.windowBytes > 0) stream.source?.resume();
  }

  closeAll(): void {
    for (const id of [...this.#streams.keys()]) this.close(id);
  }

  #onData(id: number, stream: OpenStream, chunk: Buffer): void {
    if (!this.#streams.has(id)) return;
    this.#options.sendData(encodeStreamData(id, chunk));
    stream.windowBytes -= chunk.byteLength;
    if (stream.windowBytes <= 0) stream.source?.pause();
  }

  #finish(id: number, error: unknown): void {
    if (!this.#streams.delete(id)) return;
    this.#options.send({ type: 'streamEnded', id, ...(error === undefined ? {} : { error: this.#describe(error) }) });
  }

  #describe(error: unknown): StreamError {
    if (isApiError(error)) return { reason: error.reason, message: error.message };
    this.#options.logger.error({ err: error }, 'log stream failed');
    return { reason: 'InternalError', message: "the logs could not be read: see the log of the node's agent" };
  }
}
