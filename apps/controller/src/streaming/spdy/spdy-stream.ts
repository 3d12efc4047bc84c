import { Duplex } from 'node:stream';
import type { SpdyHeaders } from './spdy-headers.ts';

/** What a stream needs of its connection. */
export interface SpdyStreamPort {
  /** Sends data; `done` is called when the connection takes more. */
  send(id: number, data: Uint8Array, done: () => void): void;
  sendEnd(id: number): void;
  /** The stream is over; where it broke off, the peer is told. */
  onClosed(stream: SpdyStream, isComplete: boolean): void;
  /** The consumer took bytes. */
  onTaken(bytes: number): void;
}

const bufferBytes = 16 * 1024;

/** One stream of a SPDY connection. What has come for it waits in a queue, which the connection keeps bounded. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #port: SpdyStreamPort;
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isWanted = false;
  #hasPeerEnded = false;
  #wasReset = false;

  constructor(id: number, headers: SpdyHeaders, port: SpdyStreamPort) {
    super({ readableHighWaterMark: bufferBytes, writableHighWaterMark: bufferBytes, allowHalfOpen: true });
    this.id = id;
    this.headers = headers;
    this.#port = port;
    // A connection that breaks destroys streams that nobody may be listening to.
    this.on('error', () => undefined);
  }

  /** Come and not yet taken by the consumer. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  receive(data: Buffer, isLast: boolean): void {
    if (this.destroyed || this.#hasPeerEnded) return;
    if (data.length > 0) {
      this.#queue.push(data);
      this.#queuedBytes += data.length;
    }
    if (isLast) this.#hasPeerEnded = true;
    this.#deliver();
  }

  /** The peer gave the stream up: no more is sent, and what has come is dropped. */
  receiveReset(): void {
    this.#wasReset = true;
    this.destroy();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#port.send(this.id, chunk, done);
  }

  override _final(done: () => void): void {
    this.#port.sendEnd(this.id);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const dropped = this.#queuedBytes;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#port.onClosed(this, this.#wasReset || (this.readableEnded && this.writableFinished));
    this.#port.onTaken(dropped);
    done(error);
  }

  #deliver(): void {
    if (!this.#isWanted || this.destroyed) return;
    const data = this.#queue.shift();
    if (data) {
      this.#isWanted = false;
      this.#queuedBytes -= data.length;
      this.#port.onTaken(data.length);
      this.push(data);
    } else if (this.#hasPeerEnded) {
      this.#isWanted = false;
      this.push(null);
    }
  }
}
