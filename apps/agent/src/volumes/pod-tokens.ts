import type { Pod, ServiceAccountTokenProjection } from '@gantry/api-types';
import type { Clock } from '@gantry/core';

export interface TokenRequest {
  /** Empty: the API server's own. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

export interface TokenGrant {
  readonly token: string;
  /** RFC 3339. */
  readonly expirationTimestamp: string;
}

/** Where tokens of the pod's service account come from. */
export interface TokenSource {
  /** A token bound to the pod. Rejects where the controller cannot be reached or refuses. */
  requestToken(pod: Pod, request: TokenRequest): Promise<TokenGrant>;
}

/** Has none to give. */
export const noTokens: TokenSource = {
  requestToken: () => Promise.reject(new Error('the controller issues no tokens')),
};

interface HeldToken extends TokenGrant {
  rotateAt: number;
  readonly expiresAt: number;
}

const defaultExpirationSeconds = 3600;
const maxAgeMs = 24 * 3600 * 1000;
/** A token that could not be replaced in time is tried again this often while it is valid. */
const retryMs = 10_000;

/** The request behind a `serviceAccountToken` projection. Pure. */
export function tokenRequestOf(source: ServiceAccountTokenProjection): TokenRequest {
  return {
    audiences: source.audience ? [source.audience] : [],
    expirationSeconds: source.expirationSeconds ?? defaultExpirationSeconds,
  };
}

/** When to replace a token got at `now`: after 80 % of its life, a day at most, as the kubelet does. Pure. */
export function rotationTime(now: number, expiresAt: number): number {
  return now + Math.min(maxAgeMs, Math.max(0, (expiresAt - now) * 0.8));
}

/** The service account tokens of the node's pods: held in memory, replaced in time. */
export class PodTokens {
  readonly #source: TokenSource;
  readonly #clock: Clock;
  readonly #held = new Map<string, Map<string, HeldToken>>();

  constructor(source: TokenSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** A valid token; a new one where the one held is due. Rejects where there is none and none can be had. */
  async token(pod: Pod, request: TokenRequest): Promise<string> {
    const { uid } = pod.metadata;
    const key = JSON.stringify(request);
    const held = this.#held.get(uid)?.get(key);
    if (held && this.#clock.now() < held.rotateAt) return held.token;
    try {
      const grant = await this.#source.requestToken(pod, request);
      const expiresAt = Date.parse(grant.expirationTimestamp);
      const tokens = this.#held.get(uid) ?? new Map<string, HeldToken>();
      tokens.set(key, { ...grant, expiresAt, rotateAt: rotationTime(this.#clock.now(), expiresAt) });
      this.#held.set(uid, tokens);
      return grant.token;
    } catch (error) {
      if (!held || this.#clock.now() >= held.expiresAt) throw error;
      held.rotateAt = this.#clock.now() + retryMs;
      return held.token;
    }
  }

  /** When the first of the pod's tokens is due; undefined where it has none. */
  nextRotation(podUid: string): number | undefined {
    const times = [...(this.#held.get(podUid)?.values() ?? [])].map(({ rotateAt }) => rotateAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  forget(podUid: string): void {
    this.#held.delete(podUid);
  }
}
