import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { streamChannels } from '@gantry/api-types/protocol';
import type { NodeStreams } from '../sessions/node-streams.ts';
import type { ProxyPath } from './proxy-path.ts';
import type { ProxyTarget } from './proxy-target.ts';

/**
 * A connection to the port, through the node's agent; over TLS where the path says so, whose certificate nobody checks,
 * as in Kubernetes. Ends with `signal`. Rejects with `ApiError` where the agent cannot connect.
 */
export async function openProxyConnection(
  streams: NodeStreams,
  { nodeName, pod, port }: ProxyTarget,
  scheme: ProxyPath['scheme'],
  signal: AbortSignal,
): Promise<Duplex> {
  const stream = await streams.openStream(nodeName, { kind: 'portForward', pod, port }, signal);
  const channel = stream.channel(streamChannels.data);
  void stream.ended.then((error) => error && channel.destroy(error));
  channel.once('close', () => stream.close());
  if (scheme === 'http') return channel;
  const secure = connect({ socket: channel, rejectUnauthorized: false });
  secure.once('close', () => stream.close());
  return secure;
}
