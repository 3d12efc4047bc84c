import { ApiError } from '@gantry/api-types';
import type { StreamRequest, TerminalOptions } from '@gantry/api-types/protocol';
import type { OpenedStream } from '@gantry/core/streams/stream-opener';
import type { PodTarget } from '../api/subresources/pod-streams.ts';
import { type ChannelProtocol, chooseProtocol, terminalProtocols } from './channel-protocols.ts';
import { ChannelSocket } from './channel-socket.ts';
import { channelTerminal } from './channel-terminal.ts';
import { acceptSpdy, acceptWebSocket, offeredProtocols, offeredVersions, upgradeType } from './handshake.ts';
import { SpdyConnection } from './spdy/spdy-connection.ts';
import { SpdyTerminalStreams, spdyTerminal, spdyTerminalProtocols } from './spdy-terminal.ts';
import type { StreamUpgrade } from './stream-upgrade.ts';
import { serveTerminal } from './terminal.ts';

type Dialect =
  | { readonly type: 'websocket'; readonly protocol: ChannelProtocol }
  | { readonly type: 'spdy'; readonly protocol: string };

/** Exec and attach: the node's stream is opened first, so that its refusal is still a plain answer to the request. */
export async function serveTerminalUpgrade(upgrade: StreamUpgrade, target: PodTarget): Promise<void> {
  const request = terminalRequest(upgrade, target);
  const dialect = chooseDialect(upgrade);
  const stream = await upgrade.streams.openStream(target.nodeName, request, upgrade.signal);
  try {
    upgrade.sessions.watchIdle(stream, () => stream.close());
    if (dialect.type === 'websocket') await overWebSocket(upgrade, request.options, dialect.protocol, stream);
    else await overSpdy(upgrade, request.options, dialect.protocol, stream);
  } finally {
    stream.close();
  }
}

function terminalRequest(
  { kind, query }: StreamUpgrade,
  { pod, container }: PodTarget,
): Extract<StreamRequest, { kind: 'exec' | 'attach' }> {
  const isWanted = (name: string) => ['true', '1', 't', 'T', 'TRUE', 'True'].includes(query.get(name) ?? '');
  const [stdin, stdout, stderr, tty] = ['stdin', 'stdout', 'stderr', 'tty'].map(isWanted);
  const options: TerminalOptions = {
    container,
    stdin: stdin ?? false,
    stdout: stdout ?? false,
    stderr: stderr ?? false,
    tty: tty ?? false,
  };
  if (!stdin && !stdout && !stderr) {
    throw new ApiError('BadRequest', 'you must specify at least 1 of stdin, stdout, stderr');
  }
  if (kind === 'attach') return { kind, pod, options };
  const command = query.getAll('command');
  if (command.length === 0) throw new ApiError('BadRequest', 'you must specify at least one command for the container');
  return { kind: 'exec', pod, options, command };
}

function chooseDialect({ upgrade: { request } }: StreamUpgrade): Dialect {
  if (upgradeType(request) === 'websocket') {
    const protocol = chooseProtocol(offeredProtocols(request), terminalProtocols);
    if (protocol) return { type: 'websocket', protocol };
    const served = terminalProtocols.map(({ name }) => name).filter((name) => name !== '');
    throw new ApiError('BadRequest', `none of the subprotocols is served; offer one of: ${served.join(', ')}`);
  }
  const offered = offeredVersions(request);
  const protocol = offered.length === 0 ? 'channel.k8s.io' : offered.find((one) => spdyTerminalProtocols.includes(one));
  if (protocol) return { type: 'spdy', protocol };
  const message = `unable to upgrade: none of the versions ${offered.join(', ')} is served`;
  throw new ApiError('Forbidden', `${message}; offer one of: ${spdyTerminalProtocols.join(', ')}`);
}

async function overWebSocket(
  { upgrade }: StreamUpgrade,
  options: TerminalOptions,
  protocol: ChannelProtocol,
  stream: OpenedStream,
): Promise<void> {
  const socket = new ChannelSocket(await acceptWebSocket(upgrade, protocol.name), protocol);
  await serveTerminal(stream, channelTerminal(socket, options));
}

async function overSpdy(
  { upgrade }: StreamUpgrade,
  options: TerminalOptions,
  protocol: string,
  stream: OpenedStream,
): Promise<void> {
  acceptSpdy(upgrade, protocol);
  const gone = new AbortController();
  const streams = new SpdyTerminalStreams(options, protocol);
  const connection = new SpdyConnection({
    socket: upgrade.socket,
    maxStreams: 8,
    onStream: (opened) => streams.add(opened),
    onClosed: () => gone.abort(),
  });
  try {
    await streams.complete(gone.signal);
    await serveTerminal(stream, spdyTerminal(connection, streams, { protocol, closed: gone.signal }));
  } finally {
    connection.end();
  }
}
