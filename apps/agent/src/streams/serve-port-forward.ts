import type { Socket } from 'node:net';
import { ApiError } from '@gantry/api-types';
import { type StreamRequest, streamChannels } from '@gantry/api-types/protocol';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { IncomingStream } from '@gantry/core/streams/stream-acceptor';
import type { NodePods } from '../node-api.ts';
import { messageOf } from '../runtime/container-runtime.ts';
import { dialTcp } from './dial-tcp.ts';
import type { NamespaceDialers } from './namespace-dialer.ts';

/** One TCP connection from a client to a port in the pod's network. */
export async function servePortForward(
  pods: NodePods,
  dialers: NamespaceDialers,
  request: Extract<StreamRequest, { kind: 'portForward' }>,
  stream: IncomingStream,
): Promise<void> {
  const socket = await dialPod(pods, dialers, request);
  socket.on('error', () => undefined);
  const onGone = () => socket.destroy();
  if (stream.signal.aborted) return void onGone();
  stream.signal.addEventListener('abort', onGone, { once: true });
  stream.accept();
  const channel = stream.channel(streamChannels.data);
  const received = copyStream(channel, socket);
  const sent = copyStream(socket, channel);
  try {
    // Each direction ends by itself; a socket that is closed ends both. A reset by the program in the pod is its way to
    // hang up, and no failure: kubectl would give up all other connections for one.
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await Promise.race([Promise.allSettled([received, sent]), closed]);
  } finally {
    stream.signal.removeEventListener('abort', onGone);
    socket.destroy();
  }
}

async function dialPod(
  pods: NodePods,
  dialers: NamespaceDialers,
  { pod, port }: Extract<StreamRequest, { kind: 'portForward' }>,
): Promise<Socket> {
  const { ip, containerId } = pods.findNetwork(pod.uid);
  try {
    return await dialTcp(ip ?? '127.0.0.1', port);
  } catch (error) {
    if (ip === undefined) throw refused(port, messageOf(error));
    // Nothing listens at the pod's address: perhaps at its 127.0.0.1, where Kubernetes would have looked at first.
    const pid = (await pods.runtime.inspectContainer(containerId))?.pid ?? 0;
    try {
      return await dialers.dial(pid, port);
    } catch (inner) {
      throw refused(port, `${messageOf(error)}; within the pod: ${messageOf(inner)}`);
    }
  }
}

function refused(port: number, why: string): ApiError {
  return new ApiError('ServiceUnavailable', `failed to connect to port ${port} of the pod: ${why}`);
}
