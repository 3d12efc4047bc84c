import { ApiError } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import type { ByteStream } from '@gantry/core/streams/byte-stream';

/** Clients' exec, attach and port-forward sessions of one controller. */
const maxSessions = 1_000;
/** As the kubelet's --streaming-connection-idle-timeout. */
const idleTimeoutMs = 4 * 60 * 60 * 1000;
const checksPerTimeout = 8;

/** Counts the clients' sessions, and ends those in which nothing moves any more. */
export class StreamSessions {
  readonly #clock: Clock;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `ApiError` TooManyRequests; the returned function gives the place back. */
  enter(): () => void {
    if (this.#count >= maxSessions) {
      const message = `${maxSessions} exec, attach and port-forward sessions are open: try again later`;
      throw new ApiError('TooManyRequests', message, { retryAfterSeconds: 5 });
    }
    this.#count += 1;
    let isIn = true;
    return () => {
      if (isIn) this.#count -= 1;
      isIn = false;
    };
  }

  /** Calls `onIdle` once no byte has moved on the stream for four hours. */
  watchIdle(stream: ByteStream, onIdle: () => void): void {
    let seen = stream.transferredBytes;
    let still = 0;
    const check = () => {
      if (stream.signal.aborted) return;
      still = stream.transferredBytes === seen ? still + 1 : 0;
      seen = stream.transferredBytes;
      if (still >= checksPerTimeout) return onIdle();
      cancel = this.#clock.setTimer(check, idleTimeoutMs / checksPerTimeout);
    };
    let cancel = this.#clock.setTimer(check, idleTimeoutMs / checksPerTimeout);
    stream.signal.addEventListener('abort', () => cancel(), { once: true });
  }
}
