import type { NodeStreams } from '../sessions/node-streams.ts';
import type { Upgrade } from './handshake.ts';
import type { StreamSessions } from './stream-sessions.ts';

/** An authorized request to upgrade a pod's exec, attach or portforward. */
export interface StreamUpgrade {
  readonly kind: 'exec' | 'attach' | 'portforward';
  readonly upgrade: Upgrade;
  readonly query: URLSearchParams;
  readonly streams: NodeStreams;
  readonly sessions: StreamSessions;
  /** Aborted once the client is gone or the controller stops. */
  readonly signal: AbortSignal;
}
