import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FeedRole } from '@gantry/api-types';
import type { Clock } from '@gantry/core';

/** A link that nobody opened is void after this long, milliseconds. */
const linkMs = 12 * 60 * 60 * 1000;
/** A session ends after this long, seconds. */
export const sessionSeconds = 7 * 24 * 60 * 60;
/** Unused links kept; the oldest is dropped beyond it. */
const maxLinks = 200;

export interface DashboardAuthOptions {
  readonly clock: Clock;
  /** Signs sessions. Kept by the caller over restarts, sessions outlive the process; by default they end with it. */
  readonly key?: Uint8Array;
}

/**
 * Who may see the dashboard: one-time tokens become sessions. Sessions are signed statements (role and end), so nothing is
 * stored for them.
 */
export class DashboardAuth {
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #links = new Map<string, { readonly role: FeedRole; readonly expiresAt: number }>();
  /** Distinct per cluster: cookies do not distinguish ports, and several clusters may run on one machine. */
  readonly cookieName: string;

  constructor(options: DashboardAuthOptions) {
    this.#clock = options.clock;
    this.#key = options.key ?? randomBytes(32);
    this.cookieName = `gantry-${createHash('sha256').update(this.#key).digest('hex').slice(0, 8)}`;
  }

  /** A token that {@link redeem} accepts once. */
  issueToken(role: FeedRole): string {
    const token = randomBytes(24).toString('base64url');
    this.#links.set(token, { role, expiresAt: this.#clock.now() + linkMs });
    const oldest = this.#links.keys().next().value;
    if (this.#links.size > maxLinks && oldest !== undefined) this.#links.delete(oldest);
    return token;
  }

  /** The cookie value of a new session; undefined where the token is unknown, used or too old. */
  redeem(token: string): string | undefined {
    const link = this.#links.get(token);
    this.#links.delete(token);
    if (!link || link.expiresAt < this.#clock.now()) return undefined;
    const statement = `${link.role}.${this.#clock.now() + sessionSeconds * 1000}`;
    return `${statement}.${this.#sign(statement)}`;
  }

  /** The role of the session in a Cookie header; undefined where there is none that holds. */
  roleOf(cookieHeader: string | undefined): FeedRole | undefined {
    for (const pair of (cookieHeader ?? '').split(';')) {
      const [name, value] = splitAt(pair.trim(), '=');
      const role = name === this.cookieName ? this.#verify(value) : undefined;
      if (role) return role;
    }
    return undefined;
  }

  #verify(session: string): FeedRole | undefined {
    const [role, end, signature] = session.split('.');
    if (role === undefined || end === undefined || signature === undefined) return undefined;
    const expected = Buffer.from(this.#sign(`${role}.${end}`));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    if (Number(end) < this.#clock.now()) return undefined;
    return role === 'admin' || role === 'read-only' ? role : undefined;
  }

  #sign(statement: string): string {
    return createHmac('sha256', this.#key).update(`dashboard-session ${statement}`).digest('base64url');
  }
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
