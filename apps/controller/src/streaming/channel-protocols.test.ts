import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChannelProtocol,
  chooseProtocol,
  decodeMessage,
  encodeMessage,
  logProtocols,
  portForwardProtocols,
  terminalProtocols,
} from './channel-protocols.ts';

const named = (name: string): ChannelProtocol => {
  const found = terminalProtocols.find((protocol) => protocol.name === name);
  if (!found) throw new Error(`no protocol ${name}`);
  return found;
};
const [v5, v4, v4Base64] = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'].map(named) as [
  ChannelProtocol,
  ChannelProtocol,
  ChannelProtocol,
];

describe('messages of channels', () => {
  it('say what they were made of', () => {
    const bytes = fc.uint8Array({ maxLength: 500 });
    fc.assert(
      fc.property(
        fc.constantFrom(v5, v4, v4Base64),
        fc.integer({ min: 0, max: 9 }),
        bytes,
        (protocol, channel, data) => {
          const message = Buffer.from(encodeMessage(protocol, channel, data));
          expect(decodeMessage(protocol, message)).toEqual({ type: 'data', channel, data: Buffer.from(data) });
        },
      ),
    );
  });

  it('are texts with a digit where they are base64, bytes elsewhere', () => {
    expect(encodeMessage(v4Base64, 1, Buffer.from('hi'))).toBe('1aGk=');
    expect(encodeMessage(v4, 1, Buffer.from('hi'))).toEqual(Buffer.from('\x01hi'));
  });

  it('end a channel in the newest version only', () => {
    expect(decodeMessage(v5, Buffer.from([255, 0]))).toEqual({ type: 'end', channel: 0 });
    expect(decodeMessage(v4, Buffer.from([255, 0]))).toBeUndefined();
    expect(decodeMessage(v5, Buffer.from([255]))).toBeUndefined();
  });

  it('are refused where they are none', () => {
    expect(decodeMessage(v5, Buffer.alloc(0))).toBeUndefined();
    expect(decodeMessage(v4Base64, Buffer.from('xaGk='))).toBeUndefined();
  });
});

describe('the choice of a protocol', () => {
  const chosen = (offered: readonly string[], served: readonly ChannelProtocol[]) =>
    chooseProtocol(offered, served)?.name;

  it('falls on the first that the client offers and we have', () => {
    expect(chosen(['v9.channel.k8s.io', 'v4.channel.k8s.io', 'v5.channel.k8s.io'], terminalProtocols)).toBe(v4.name);
    expect(chosen(['v9.channel.k8s.io'], terminalProtocols)).toBeUndefined();
  });

  it('falls on the oldest where none is offered', () => {
    for (const served of [terminalProtocols, portForwardProtocols, logProtocols]) expect(chosen([], served)).toBe('');
  });
});
