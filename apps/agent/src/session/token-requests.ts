import { ApiError, type Pod } from '@gantry/api-types';
import type { TokenFrame, TokenRequestFrame } from '@gantry/api-types/protocol';
import type { Clock } from '@gantry/core';
import type { TokenGrant, TokenRequest, TokenSource } from '../volumes/pod-tokens.ts';

/** What the requests need of the connection. */
export interface TokenTransport {
  /** False where there is no connection: nothing was sent. */
  send(frame: TokenRequestFrame): boolean;
}

interface Waiting {
  resolve(grant: TokenGrant): void;
  reject(error: Error): void;
  cancelTimer(): void;
}

const answerTimeoutMs = 10_000;
const maxWaiting = 1_000;
const away = 'the controller is away: tokens can be had once it is back';

/** Tokens of the pods' service accounts, asked for over the session. Who is refused asks again when it needs to. */
export class TokenRequests implements TokenSource {
  readonly #transport: TokenTransport;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(transport: TokenTransport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  requestToken({ metadata }: Pod, request: TokenRequest): Promise<TokenGrant> {
    if (this.#waiting.size >= maxWaiting) {
      return Promise.reject(new ApiError('TooManyRequests', 'too many tokens are being asked for: try again'));
    }
    this.#lastId += 1;
    const requestId = this.#lastId;
    const { namespace = 'default', name, uid } = metadata;
    return new Promise<TokenGrant>((resolve, reject) => {
      const expire = (): void => this.#settle(requestId)?.reject(new ApiError('Timeout', 'no token within 10 s'));
      const cancelTimer = this.#clock.setTimer(expire, answerTimeoutMs);
      this.#waiting.set(requestId, { resolve, reject, cancelTimer });
      const isSent = this.#transport.send({
        type: 'requestToken',
        requestId,
        pod: { namespace, name, uid },
        ...request,
      });
      if (!isSent) this.#settle(requestId)?.reject(new ApiError('ServiceUnavailable', away));
    });
  }

  onFrame(frame: TokenFrame): void {
    const waiting = this.#settle(frame.requestId);
    if (frame.type === 'tokenRefused') waiting?.reject(new ApiError(frame.reason, frame.message));
    else waiting?.resolve({ token: frame.token, expirationTimestamp: frame.expirationTimestamp });
  }

  /** The connection is gone, and with it the answers. */
  failAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new ApiError('ServiceUnavailable', away));
  }

  #settle(requestId: number): Waiting | undefined {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    waiting?.cancelTimer();
    return waiting;
  }
}
