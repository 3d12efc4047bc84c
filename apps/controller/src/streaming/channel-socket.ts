import { Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { type ChannelProtocol, decodeMessage, encodeMessage } from './channel-protocols.ts';

const inputBytes = 128 * 1024;
const messageBytes = 32 * 1024;
/** A client that answers no ping for two rounds is gone. */
const pingEveryMs = 30_000;

/**
 * Channels over a client's WebSocket. What comes for a channel nobody reads makes the socket wait, and so the client;
 * what is written waits for the socket.
 */
export class ChannelSocket {
  readonly #socket: WebSocket;
  readonly #protocol: ChannelProtocol;
  readonly #inputs = new Map<number, Readable>();
  readonly #full = new Set<number>();
  readonly #closed = new AbortController();
  #isAlive = true;

  constructor(socket: WebSocket, protocol: ChannelProtocol) {
    this.#socket = socket;
    this.#protocol = protocol;
    const timer = setInterval(() => this.#ping(), pingEveryMs);
    timer.unref();
    socket.on('message', (data) => this.#onMessage(toBuffer(data)));
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    // Told by 'close', which follows.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearInterval(timer);
      for (const input of this.#inputs.values()) input.destroy();
      this.#closed.abort();
    });
  }

  get protocol(): ChannelProtocol {
    return this.#protocol;
  }

  /** Aborted once the client is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** What the client sends on a channel. To be asked for before anything can have come. */
  input(channel: number): Readable {
    const input = new Readable({ highWaterMark: inputBytes, read: () => this.#onWanted(channel) });
    input.on('error', () => undefined);
    this.#inputs.set(channel, input);
    return input;
  }

  /** What the client is sent on a channel; a write is done once the connection has taken it. */
  output(channel: number): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => this.#sendAll(channel, chunk, done),
    }).on('error', () => undefined);
  }

  /** One message at once, past any output. */
  send(channel: number, data: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.send(encodeMessage(this.#protocol, channel, data), () => resolve()));
  }

  close(): void {
    // A paused socket would never see the client's answer to the closing handshake.
    this.#full.clear();
    this.#socket.resume();
    this.#socket.close(1000);
  }

  #sendAll(channel: number, data: Buffer, done: (error?: Error | null) => void): void {
    for (let at = 0; ; at += messageBytes) {
      const message = encodeMessage(this.#protocol, channel, data.subarray(at, at + messageBytes));
      if (at + messageBytes >= data.length) return this.#socket.send(message, done);
      this.#socket.send(message, () => undefined);
    }
  }

  #onMessage(message: Buffer): void {
    this.#isAlive = true;
    const decoded = decodeMessage(this.#protocol, message);
    if (!decoded) return this.#socket.close(1002, 'the message is not one of the protocol');
    const { channel } = decoded;
    const input = this.#inputs.get(channel);
    // As in Kubernetes, what nobody asked for is dropped.
    if (!input || input.destroyed || input.readableEnded) return;
    if (decoded.type === 'end') {
      this.#inputs.delete(channel);
      input.push(null);
    } else if (decoded.data.length > 0 && !input.push(decoded.data)) {
      this.#full.add(channel);
      this.#socket.pause();
    }
  }

  #onWanted(channel: number): void {
    if (this.#full.delete(channel) && this.#full.size === 0) this.#socket.resume();
  }

  #ping(): void {
    // While paused no answer can be read; the ping itself fails where the client's host is gone.
    if (!this.#isAlive && !this.#socket.isPaused) return this.#socket.terminate();
    this.#isAlive = false;
    this.#socket.ping(undefined, undefined, () => undefined);
  }
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}
