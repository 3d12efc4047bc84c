import { type ChannelFrame, encodeStreamData } from '@gantry/api-types/protocol';
import type { StreamChannel } from './stream-channel.ts';

/** The connection under the streams, as far as they need it. Frames and data keep their common order. */
export interface StreamTransport<F> {
  sendFrame(frame: F): void;
  sendData(frame: Uint8Array): void;
  /** False while so much waits to be sent that data should wait too; {@link StreamLink.onDrain} is called after. */
  isWritable(): boolean;
}

/** Takes turns among the channels that have data to send: one frame each, as long as the connection takes them. */
export class StreamLink {
  readonly #transport: Pick<StreamTransport<ChannelFrame>, 'sendData' | 'isWritable'>;
  /** In the order of their turns. */
  readonly #waiting = new Set<StreamChannel>();
  #isSending = false;

  constructor(transport: Pick<StreamTransport<ChannelFrame>, 'sendData' | 'isWritable'>) {
    this.#transport = transport;
  }

  requestTurn(channel: StreamChannel): void {
    this.#waiting.add(channel);
    this.onDrain();
  }

  forget(channel: StreamChannel): void {
    this.#waiting.delete(channel);
  }

  sendData(id: number, channel: number, data: Uint8Array): void {
    this.#transport.sendData(encodeStreamData(id, channel, data));
  }

  /** The connection takes data again. */
  onDrain(): void {
    // A write that is done may be followed by the next at once, which asks for a turn from within this loop.
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#transport.isWritable()) {
        const [channel] = this.#waiting;
        if (!channel) return;
        this.#waiting.delete(channel);
        if (channel.sendSome()) this.#waiting.add(channel);
      }
    } finally {
      this.#isSending = false;
    }
  }
}
