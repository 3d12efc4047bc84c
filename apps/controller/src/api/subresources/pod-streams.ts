import { ApiError } from '@gantry/api-types';
import type { NodeStreams } from '../../sessions/node-streams.ts';
import type { ApiContext } from '../context.ts';

/** Where streams to nodes are opened. Throws `ApiError` while the controller is starting. */
export function requireNodeStreams(api: ApiContext): NodeStreams {
  const streams = api.nodeStreams();
  if (streams) return streams;
  const message = 'the controller has no agent sessions yet: try again';
  throw new ApiError('ServiceUnavailable', message, { retryAfterSeconds: 1 });
}
