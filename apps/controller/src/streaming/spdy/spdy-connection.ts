import type { Duplex } from 'node:stream';
import {
  dataFrame,
  goAwayFrame,
  pingFrame,
  resetCodes,
  resetFrame,
  SpdyError,
  type SpdyFrame,
  SpdyParser,
  synReplyFrame,
} from './spdy-frames.ts';
import { createEmptyHeaders, HeaderReader } from './spdy-headers.ts';
import { SpdyStream, type SpdyStreamPort } from './spdy-stream.ts';

export interface SpdyConnectionOptions {
  readonly socket: Duplex;
  readonly maxStreams: number;
  /** The client opened a stream. */
  readonly onStream: (stream: SpdyStream) => void;
  /** The connection is over; its streams are destroyed. */
  readonly onClosed: () => void;
}

/**
 * SPDY has no flow control that Kubernetes' clients keep to: where a consumer is slow, the whole connection is no
 * longer read, once this much waits for one stream or for all.
 */
const maxStreamBytes = 512 * 1024;
const maxConnectionBytes = 4 * 1024 * 1024;
const maxDataBytes = 32 * 1024;
const endGraceMs = 5_000;

/** The server's end of a SPDY/3.1 connection. A malformed frame closes it, and nothing else. */
export class SpdyConnection {
  readonly #options: SpdyConnectionOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #parser = new SpdyParser();
  readonly #headers = new HeaderReader();
  readonly #emptyHeaders = createEmptyHeaders();
  readonly #port: SpdyStreamPort;
  #waitingForDrain: (() => void)[] = [];
  #queuedBytes = 0;
  #onTaken: () => void = () => undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(options: SpdyConnectionOptions) {
    this.#options = options;
    this.#port = {
      send: (id, data, done) => this.#sendData(id, data, done),
      sendEnd: (id) => void this.#write(dataFrame(id, Buffer.alloc(0), true)),
      onClosed: (stream, isComplete) => {
        if (this.#streams.delete(stream.id) && !isComplete) this.#write(resetFrame(stream.id, resetCodes.cancel));
      },
      onTaken: (bytes) => {
        this.#queuedBytes -= bytes;
        this.#onTaken();
      },
    };
    const { socket } = options;
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => this.#onDrain());
    socket.once('close', () => this.#onClosed());
    void this.#run();
  }

  /** Ends the connection once what was written has gone out. */
  end(isError = false): void {
    if (this.#isClosed) return;
    const { socket } = this.#options;
    socket.end(goAwayFrame(this.#lastId, isError));
    const timer = setTimeout(() => socket.destroy(), endGraceMs);
    socket.once('close', () => clearTimeout(timer));
  }

  async #run(): Promise<void> {
    const { socket } = this.#options;
    try {
      for await (const chunk of socket) {
        for (const frame of this.#parser.push(chunk as Buffer)) await this.#onFrame(frame);
      }
    } catch (error) {
      // A broken connection is told by its close; a malformed frame is the client's fault, which it may see.
      if (error instanceof SpdyError) this.end(true);
    } finally {
      if (!socket.writableEnded) socket.destroy();
    }
  }

  async #onFrame(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case 'data':
        return this.#onData(frame.id, frame.data, frame.isLast);
      case 'synStream':
        return this.#onSynStream(frame.id, frame.headers, frame.isLast);
      case 'headers':
        await this.#headers.read(frame.headers);
        if (frame.isLast) this.#streams.get(frame.id)?.receive(Buffer.alloc(0), true);
        return;
      case 'reset':
        this.#streams.get(frame.id)?.receiveReset();
        return;
      case 'ping':
        // Ours have even numbers, and we send none.
        if (frame.id % 2 === 1) this.#write(pingFrame(frame.id));
        return;
      case 'goAway':
        return;
    }
  }

  async #onSynStream(id: number, block: Buffer, isLast: boolean): Promise<void> {
    const headers = await this.#headers.read(block);
    if (id % 2 === 0 || id <= this.#lastId) throw new SpdyError(`a stream cannot have the number ${id}`);
    this.#lastId = id;
    if (this.#isClosed) return;
    if (this.#streams.size >= this.#options.maxStreams) {
      this.#write(resetFrame(id, resetCodes.refusedStream));
      return;
    }
    const stream = new SpdyStream(id, headers, this.#port);
    this.#streams.set(id, stream);
    this.#write(synReplyFrame(id, this.#emptyHeaders()));
    if (isLast) stream.receive(Buffer.alloc(0), true);
    this.#options.onStream(stream);
  }

  async #onData(id: number, data: Buffer, isLast: boolean): Promise<void> {
    const stream = this.#streams.get(id);
    // Of a stream that is over: the client may not know yet.
    if (!stream || stream.destroyed) return;
    this.#queuedBytes += data.length;
    stream.receive(data, isLast);
    while (!this.#isClosed && (stream.queuedBytes > maxStreamBytes || this.#queuedBytes > maxConnectionBytes)) {
      await new Promise<void>((resolve) => {
        this.#onTaken = resolve;
      });
    }
  }

  #sendData(id: number, data: Uint8Array, done: () => void): void {
    let takesMore = true;
    for (let at = 0; at < data.byteLength; at += maxDataBytes) {
      takesMore = this.#write(dataFrame(id, data.subarray(at, at + maxDataBytes)));
    }
    if (takesMore) done();
    else this.#waitingForDrain.push(done);
  }

  /** False where the connection wants to be left alone until it has drained. */
  #write(frame: Buffer): boolean {
    const { socket } = this.#options;
    if (this.#isClosed || socket.destroyed || socket.writableEnded) return true;
    return socket.write(frame);
  }

  #onDrain(): void {
    const waiting = this.#waitingForDrain;
    this.#waitingForDrain = [];
    for (const done of waiting) done();
  }

  #onClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of [...this.#streams.values()]) {
      // As if reset: there is nobody to tell.
      stream.receiveReset();
    }
    this.#onDrain();
    this.#onTaken();
    this.#headers.close();
    this.#options.onClosed();
  }
}
