/** How bytes of several channels travel in WebSocket messages, and what a client of a version understands. */
export interface ChannelProtocol {
  readonly name: string;
  /** Text messages: the channel as a digit, the bytes as base64. */
  readonly isBase64: boolean;
  /** A message of 255 and a channel's number ends that channel. */
  readonly canEndChannels: boolean;
  /** The error channel carries a Status; before, it carried a text, and nothing for success. */
  readonly hasStatus: boolean;
}

function protocol(name: string, traits: Partial<Omit<ChannelProtocol, 'name'>> = {}): ChannelProtocol {
  return { name, isBase64: false, canEndChannels: false, hasStatus: false, ...traits };
}

/** Of exec and attach. A client that offers none gets the oldest. */
export const terminalProtocols: readonly ChannelProtocol[] = [
  protocol('v5.channel.k8s.io', { hasStatus: true, canEndChannels: true }),
  protocol('v4.channel.k8s.io', { hasStatus: true }),
  protocol('v4.base64.channel.k8s.io', { hasStatus: true, isBase64: true }),
  protocol('channel.k8s.io'),
  protocol('base64.channel.k8s.io', { isBase64: true }),
  protocol(''),
];

/** Of port-forward, as the Python and JavaScript clients speak it. */
export const portForwardProtocols: readonly ChannelProtocol[] = [
  protocol('v4.channel.k8s.io'),
  protocol('v5.channel.k8s.io'),
  protocol('v4.base64.channel.k8s.io', { isBase64: true }),
  protocol(''),
];

/** Of logs: no channels, only bytes. */
export const logProtocols: readonly ChannelProtocol[] = [
  protocol('binary.k8s.io'),
  protocol('base64.binary.k8s.io', { isBase64: true }),
  protocol(''),
];

const channelEnd = 255;

/** One message: the channel's number, then its bytes. */
export function encodeMessage({ isBase64 }: ChannelProtocol, channel: number, data: Uint8Array): Buffer | string {
  if (isBase64) return `${channel}${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')}`;
  const message = Buffer.allocUnsafe(1 + data.byteLength);
  message[0] = channel;
  message.set(data, 1);
  return message;
}

export type ChannelMessage =
  | { readonly type: 'data'; readonly channel: number; readonly data: Buffer }
  | { readonly type: 'end'; readonly channel: number };

/** What a client's message says; undefined for one that is not of the protocol. */
export function decodeMessage(protocol: ChannelProtocol, message: Buffer): ChannelMessage | undefined {
  const [first, second] = message;
  if (first === undefined) return undefined;
  if (protocol.isBase64) {
    const channel = first - 0x30;
    if (channel < 0 || channel > 9) return undefined;
    return { type: 'data', channel, data: Buffer.from(message.toString('latin1', 1), 'base64') };
  }
  if (first !== channelEnd) return { type: 'data', channel: first, data: message.subarray(1) };
  if (!protocol.canEndChannels || second === undefined) return undefined;
  return { type: 'end', channel: second };
}

/** The first protocol the client offers that we have; '' stands for offering none. Undefined where there is none. */
export function chooseProtocol(
  offered: readonly string[],
  served: readonly ChannelProtocol[],
): ChannelProtocol | undefined {
  if (offered.length === 0) return served.find(({ name }) => name === '');
  for (const name of offered) {
    const found = served.find((one) => one.name === name);
    if (found) return found;
  }
  return undefined;
}
