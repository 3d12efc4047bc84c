import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ApiError } from '@gantry/api-types';
import { createWebSocketStream } from 'ws';
import type { PodTarget } from '../api/subresources/pod-streams.ts';
import { type ChannelProtocol, chooseProtocol, portForwardProtocols } from './channel-protocols.ts';
import { ChannelSocket } from './channel-socket.ts';
import { forwardPort } from './forward-port.ts';
import { acceptSpdy, acceptWebSocket, offeredProtocols, offeredVersions, upgradeType } from './handshake.ts';
import { SpdyConnection } from './spdy/spdy-connection.ts';
import { type ForwardRequest, SpdyForwardPairs } from './spdy-port-forward.ts';
import type { StreamUpgrade } from './stream-upgrade.ts';

/** Two streams for each forwarded connection. */
const maxSpdyStreams = 512;
/** kubectl 1.31 and later: SPDY within the messages of a WebSocket. */
const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';
const spdyProtocol = 'portforward.k8s.io';
const maxPorts = 32;

/** Port-forward in all three dialects: SPDY, SPDY within a WebSocket, and channels of a WebSocket. */
export async function serveForwardUpgrade(upgrade: StreamUpgrade, target: PodTarget): Promise<void> {
  const { request } = upgrade.upgrade;
  if (upgradeType(request) === 'spdy') {
    const offered = offeredVersions(request);
    if (offered.length > 0 && !offered.includes(spdyProtocol)) {
      throw new ApiError('Forbidden', `unable to upgrade: offer the version ${spdyProtocol}`);
    }
    acceptSpdy(upgrade.upgrade, spdyProtocol);
    return overSpdy(upgrade, target, upgrade.upgrade.socket);
  }
  const offered = offeredProtocols(request);
  if (offered.includes(tunnelProtocol)) {
    const socket = await acceptWebSocket(upgrade.upgrade, tunnelProtocol);
    return overSpdy(upgrade, target, createWebSocketStream(socket));
  }
  const protocol = chooseProtocol(offered, portForwardProtocols);
  if (!protocol) {
    const message = `none of the subprotocols is served; offer one of: ${tunnelProtocol}, v4.channel.k8s.io`;
    throw new ApiError('BadRequest', message);
  }
  return overChannels(upgrade, target, protocol);
}

async function overSpdy(upgrade: StreamUpgrade, target: PodTarget, socket: Duplex): Promise<void> {
  await new Promise<void>((resolve) => {
    const pairs = new SpdyForwardPairs((request) => void forwardPair(upgrade, target, request));
    new SpdyConnection({
      socket,
      maxStreams: maxSpdyStreams,
      onStream: (stream) => pairs.add(stream),
      onClosed: resolve,
    });
  });
}

async function forwardPair(upgrade: StreamUpgrade, target: PodTarget, request: ForwardRequest): Promise<void> {
  const { port, data, error } = request;
  const closed = new AbortController();
  data.once('close', () => closed.abort());
  const failure = await forwardPort(upgrade, target, { port, source: data, target: data, closed: closed.signal });
  data.end();
  // Nothing comes on it, but its end must be read for it to be over.
  error.resume();
  error.end(failure);
  await finished(error, { readable: false }).catch(() => undefined);
  // What the client still sends goes nowhere.
  data.resume();
}

async function overChannels(upgrade: StreamUpgrade, target: PodTarget, protocol: ChannelProtocol): Promise<void> {
  const ports = parsePorts(upgrade.query);
  const socket = new ChannelSocket(await acceptWebSocket(upgrade.upgrade, protocol.name), protocol);
  await Promise.all(
    ports.map(async (port, index) => {
      const dataChannel = 2 * index;
      const errorChannel = dataChannel + 1;
      const client = { port, source: socket.input(dataChannel), target: socket.output(dataChannel) };
      const announced = Buffer.alloc(2);
      announced.writeUInt16LE(port);
      await socket.send(dataChannel, announced);
      await socket.send(errorChannel, announced);
      const failure = await forwardPort(upgrade, target, { ...client, closed: socket.closed });
      if (failure !== undefined) await socket.send(errorChannel, Buffer.from(failure));
    }),
  );
  socket.close();
}

function parsePorts(query: URLSearchParams): number[] {
  const texts = query.getAll('ports').flatMap((text) => text.split(','));
  const ports = texts.map(Number);
  const isValid = ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536);
  if (ports.length > 0 && ports.length <= maxPorts && isValid) return ports;
  throw new ApiError('BadRequest', `query parameter "ports" must name 1 to ${maxPorts} ports from 1 to 65535`);
}
