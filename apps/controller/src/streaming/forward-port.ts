import type { Readable, Writable } from 'node:stream';
import { isApiError } from '@gantry/api-types';
import { streamChannels } from '@gantry/api-types/protocol';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { PodTarget } from '../api/subresources/pod-streams.ts';
import type { StreamUpgrade } from './stream-upgrade.ts';

/** The client's end of one forwarded connection. */
export interface ForwardClient {
  readonly port: number;
  readonly source: Readable;
  readonly target: Writable;
  /** Aborted once the client has given the connection up. */
  readonly closed: AbortSignal;
}

/**
 * Connects a client with a port of the pod until both are done. Resolves with what the client is to be told where that
 * failed, in the kubelet's words. Never rejects.
 */
export async function forwardPort(
  upgrade: StreamUpgrade,
  { nodeName, pod }: PodTarget,
  client: ForwardClient,
): Promise<string | undefined> {
  const { port, source, target, closed } = client;
  try {
    const signal = AbortSignal.any([upgrade.signal, closed]);
    const stream = await upgrade.streams.openStream(nodeName, { kind: 'portForward', pod, port }, signal);
    upgrade.sessions.watchIdle(stream, () => stream.close());
    const remote = stream.channel(streamChannels.data);
    // A client that only ends its sending side still reads; one that breaks off is told by `closed`.
    void copyStream(source, remote).catch(() => undefined);
    const received = copyStream(remote, target).catch(() => undefined);
    const error = await stream.ended;
    await received;
    if (!error) return undefined;
    throw error;
  } catch (error) {
    // A client that has done with the connection is not told that it has: kubectl would give all of them up.
    if (closed.aborted) return undefined;
    const why = isApiError(error) ? error.message : 'the connection was given up';
    return `error forwarding port ${port} to pod ${pod.name}, uid ${pod.uid}: ${why}`;
  }
}
