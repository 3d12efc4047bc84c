import { Duplex } from 'node:stream';
import { streamLimits } from '@gantry/api-types/protocol';

/** What a channel needs of the stream that it belongs to. */
export interface ChannelPort {
  /** Has {@link StreamChannel.sendSome} called, when it is this channel's turn. */
  requestTurn(channel: StreamChannel): void;
  sendData(channel: number, data: Uint8Array): void;
  sendCredit(channel: number, bytes: number): void;
  sendEnd(channel: number): void;
  /** The peer sent more than it may. */
  onViolation(): void;
}

/** What the consumer's own buffer holds at most, beside the window. */
const readableBytes = 16 * 1024;

interface PendingWrite {
  readonly data: Uint8Array;
  offset: number;
  readonly done: (error?: Error | null) => void;
}

/**
 * One channel of a stream as a Node duplex. What it holds is bounded in both directions: a write is done once its bytes
 * were sent, which takes the peer's credit; the peer gets credit for what the consumer has taken.
 */
export class StreamChannel extends Duplex {
  readonly number: number;
  readonly #port: ChannelPort;
  readonly #windowBytes: number;
  readonly #queue: Uint8Array[] = [];
  #pending: PendingWrite | undefined;
  /** May be sent before more is granted. */
  #creditBytes: number;
  /** May be received before more is granted. */
  #allowanceBytes: number;
  /** Taken by the consumer and not yet granted anew. */
  #consumedBytes = 0;
  #isWanted = false;
  #hasPeerEnded = false;
  #isDiscarding = false;

  constructor(number: number, windowBytes: number, port: ChannelPort) {
    super({ readableHighWaterMark: readableBytes, writableHighWaterMark: readableBytes, allowHalfOpen: true });
    this.number = number;
    this.#port = port;
    this.#windowBytes = windowBytes;
    this.#creditBytes = windowBytes;
    this.#allowanceBytes = windowBytes;
    // A stream that breaks destroys channels that nobody may be listening to.
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#isDiscarding || chunk.byteLength === 0) return done();
    this.#pending = { data: chunk, offset: 0, done };
    this.#port.requestTurn(this);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#isDiscarding) this.#port.sendEnd(this.number);
    done();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#deliver();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#queue.length = 0;
    pending?.done(error ?? new Error('the channel was destroyed'));
    // Bytes that nobody will read must not hold the peer back for ever: the stream goes on for its other channels.
    this.#isDiscarding = true;
    done(error);
  }

  /** Sends one frame at most. True where more could be sent at once. */
  sendSome(): boolean {
    const pending = this.#pending;
    if (!pending || this.#creditBytes <= 0) return false;
    const { data, offset } = pending;
    const size = Math.min(data.byteLength - offset, this.#creditBytes, streamLimits.dataFrameBytes);
    this.#creditBytes -= size;
    pending.offset += size;
    this.#port.sendData(this.number, data.subarray(offset, offset + size));
    if (pending.offset < data.byteLength) return this.#creditBytes > 0;
    this.#pending = undefined;
    pending.done();
    return this.#pending !== undefined && this.#creditBytes > 0;
  }

  /** The peer grants more. */
  grant(bytes: number): void {
    this.#creditBytes += bytes;
    if (this.#pending) this.#port.requestTurn(this);
  }

  /** Bytes of the peer. */
  receive(data: Uint8Array): void {
    this.#allowanceBytes -= data.byteLength;
    if (this.#allowanceBytes < 0 || this.#hasPeerEnded) return this.#port.onViolation();
    if (this.destroyed) return this.#consume(data.byteLength);
    this.#queue.push(data);
    this.#deliver();
  }

  /** The peer sends nothing more on this channel. */
  receiveEnd(): void {
    if (this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    this.#deliver();
  }

  /** The peer takes nothing more on any channel: what is written from now on is dropped. */
  discardWrites(): void {
    this.#isDiscarding = true;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.done();
  }

  /** One chunk for each time the consumer asks, so that the credit follows the consumer and not Node's buffers. */
  #deliver(): void {
    if (!this.#isWanted || this.destroyed) return;
    const chunk = this.#queue.shift();
    if (chunk) {
      this.#isWanted = false;
      this.#consume(chunk.byteLength);
      this.push(chunk);
    } else if (this.#hasPeerEnded) {
      this.#isWanted = false;
      this.push(null);
    }
  }

  #consume(bytes: number): void {
    this.#consumedBytes += bytes;
    if (this.#consumedBytes < this.#windowBytes / 4 || this.#hasPeerEnded) return;
    this.#allowanceBytes += this.#consumedBytes;
    this.#port.sendCredit(this.number, this.#consumedBytes);
    this.#consumedBytes = 0;
  }
}
