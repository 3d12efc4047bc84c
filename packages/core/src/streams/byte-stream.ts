import { ApiError } from '@gantry/api-types';
import { type ChannelFrame, streamLimits } from '@gantry/api-types/protocol';
import { StreamChannel } from './stream-channel.ts';
import type { StreamLink } from './stream-link.ts';

/** One end of a stream. */
export interface ByteStream {
  /** Channel 0 to 7; made when it is first asked for, or when the peer sends on it. */
  channel(number: number): StreamChannel;
  /** Aborted once the stream is over, however that came. */
  readonly signal: AbortSignal;
  /** Bytes in both directions so far, on all channels. */
  readonly transferredBytes: number;
}

/** What both ends of a stream have in common: its channels and how frames reach them. */
export class StreamEnd implements ByteStream {
  readonly id: number;
  readonly #windowBytes: number;
  readonly #link: StreamLink;
  readonly #sendFrame: (frame: ChannelFrame) => void;
  readonly #onViolation: () => void;
  readonly #channels = new Map<number, StreamChannel>();
  readonly #over = new AbortController();
  #transferredBytes = 0;

  constructor(options: {
    readonly id: number;
    readonly windowBytes: number;
    readonly link: StreamLink;
    readonly sendFrame: (frame: ChannelFrame) => void;
    readonly onViolation: () => void;
  }) {
    this.id = options.id;
    this.#windowBytes = options.windowBytes;
    this.#link = options.link;
    this.#sendFrame = options.sendFrame;
    this.#onViolation = options.onViolation;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get transferredBytes(): number {
    return this.#transferredBytes;
  }

  channel(number: number): StreamChannel {
    const known = this.#channels.get(number);
    if (known) return known;
    if (number < 0 || number >= streamLimits.maxChannels) throw new Error(`a stream has no channel ${number}`);
    const { id } = this;
    const channel = new StreamChannel(number, this.#windowBytes, {
      requestTurn: (asking) => this.#link.requestTurn(asking),
      sendData: (to, data) => {
        this.#transferredBytes += data.byteLength;
        this.#link.sendData(id, to, data);
      },
      sendCredit: (to, bytes) => {
        if (!this.signal.aborted) this.#sendFrame({ type: 'streamCredit', id, channel: to, bytes });
      },
      sendEnd: (to) => this.#sendFrame({ type: 'channelEnded', id, channel: to }),
      onViolation: this.#onViolation,
    });
    this.#channels.set(number, channel);
    if (this.signal.aborted) finish(channel);
    return channel;
  }

  receive(channel: number, data: Uint8Array): void {
    this.#transferredBytes += data.byteLength;
    this.channel(channel).receive(data);
  }

  onFrame(frame: ChannelFrame): void {
    const channel = this.channel(frame.channel);
    if (frame.type === 'streamCredit') channel.grant(frame.bytes);
    else channel.receiveEnd();
  }

  /** Ends what is written on every channel and resolves when all of it was sent. */
  async flush(): Promise<void> {
    await Promise.all([...this.#channels.values()].map(finishWriting));
  }

  /** The peer is done: what it sent is still read, what is written goes nowhere. */
  endReceiving(): void {
    for (const channel of this.#channels.values()) finish(channel);
    this.#giveUp();
  }

  /** Breaks every channel off. */
  destroy(error?: Error): void {
    for (const channel of this.#channels.values()) channel.destroy(error);
    this.#giveUp();
  }

  #giveUp(): void {
    for (const channel of this.#channels.values()) this.#link.forget(channel);
    this.#over.abort();
  }
}

function finish(channel: StreamChannel): void {
  channel.discardWrites();
  channel.receiveEnd();
}

function finishWriting(channel: StreamChannel): Promise<void> {
  if (channel.destroyed || channel.writableFinished) return Promise.resolve();
  return new Promise((resolve) => {
    channel.once('finish', resolve);
    channel.once('close', resolve);
    if (!channel.writableEnded) channel.end();
  });
}

/** The error of streams whose connection is gone. */
export function connectionLost(): ApiError {
  return new ApiError('ServiceUnavailable', "the connection to the node's agent was lost");
}
