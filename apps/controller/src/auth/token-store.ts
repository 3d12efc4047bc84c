import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '@gantry/core';
import { ensurePrivateDirectory, readIfPresent, writePrivateFile } from '../pki/private-files.ts';
import { tokenIssuer } from './service-account-tokens.ts';
import { adminUser, type User } from './user.ts';

/** Whose a token is, and which of the audiences asked about it is for. */
export interface ReviewedToken {
  readonly user: User;
  readonly audiences: readonly string[];
}

/** Turns credentials into users, and makes and withdraws them. */
export interface Authenticator {
  /** What TokenReview asks: no audiences stand for the API server's own. Undefined as for {@link authenticate}. */
  review(token: string, audiences: readonly string[]): ReviewedToken | undefined;
  /** The user of an `Authorization` header's value; undefined where it is absent, malformed, unknown or expired. */
  authenticate(header: string | undefined): User | undefined;
  /** A new bearer token for the user. Resolves once it is on disk; only its digest is kept. */
  issueToken(user: User, options?: { readonly expiresAt?: number }): Promise<string>;
  /** Withdraws all tokens of the user of this name. Resolves once that is on disk; in force at once. */
  revoke(userName: string): Promise<void>;
}

/** {@link Authenticator} over static tokens, with the token that the first kubeconfig holds. */
export interface TokenStore extends Authenticator {
  readonly adminToken: string;
}

/** What is kept of a token. */
interface StoredToken {
  /** SHA-256 of the token, hex. */
  readonly digest: string;
  readonly user: User;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

/**
 * Opens `<dataDir>/auth`: `admin-token` holds the admin's token in clear (the kubeconfig does too), `tokens.json` the
 * digests of all others. Both mode 0600. The admin token is made at first start.
 */
export async function openTokenStore(options: { dataDir: string; clock: Clock }): Promise<TokenStore> {
  const directory = join(options.dataDir, 'auth');
  await ensurePrivateDirectory(directory);
  const adminPath = join(directory, 'admin-token');
  let adminToken = (await readIfPresent(adminPath))?.trim();
  if (!adminToken) {
    adminToken = newToken();
    await writePrivateFile(adminPath, `${adminToken}\n`);
  }
  const tokensPath = join(directory, 'tokens.json');
  const stored = parseTokens((await readIfPresent(tokensPath)) ?? '[]', tokensPath);
  return new FileTokenStore(tokensPath, adminToken, stored, options.clock);
}

class FileTokenStore implements TokenStore {
  readonly adminToken: string;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, StoredToken>();
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(path: string, adminToken: string, stored: readonly StoredToken[], clock: Clock) {
    this.adminToken = adminToken;
    this.#path = path;
    this.#clock = clock;
    for (const token of stored) this.#tokens.set(token.digest, token);
    const digest = digestOf(adminToken);
    this.#tokens.set(digest, { digest, user: adminUser });
  }

  authenticate(header: string | undefined): User | undefined {
    if (header?.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
    return this.#userOf(header.slice(7).trim());
  }

  /** These tokens are for the API server and nobody else. */
  review(token: string, audiences: readonly string[]): ReviewedToken | undefined {
    const shared = audiences.length > 0 ? audiences.filter((audience) => audience === tokenIssuer) : [tokenIssuer];
    const user = shared.length > 0 ? this.#userOf(token) : undefined;
    return user && { user, audiences: shared };
  }

  #userOf(bearer: string): User | undefined {
    // The look-up is by digest, so that its timing tells nothing about the token; the comparison is constant-time too.
    const digest = digestOf(bearer);
    const token = this.#tokens.get(digest);
    if (!token || !timingSafeEqual(Buffer.from(token.digest), Buffer.from(digest))) return undefined;
    if (token.expiresAt !== undefined && token.expiresAt <= this.#clock.now()) return undefined;
    return token.user;
  }

  async issueToken(user: User, options?: { readonly expiresAt?: number }): Promise<string> {
    const token = newToken();
    const digest = digestOf(token);
    const expiry = options?.expiresAt === undefined ? {} : { expiresAt: options.expiresAt };
    this.#tokens.set(digest, { digest, user, ...expiry });
    await this.#write();
    return token;
  }

  async revoke(userName: string): Promise<void> {
    for (const [digest, token] of this.#tokens) {
      if (token.user.name === userName && token.user !== adminUser) this.#tokens.delete(digest);
    }
    await this.#write();
  }

  /** Writes run one after another, so that the newest state is on disk last. */
  #write(): Promise<void> {
    const write = async () => {
      const now = this.#clock.now();
      const kept = [...this.#tokens.values()].filter(
        (token) => token.user !== adminUser && (token.expiresAt === undefined || token.expiresAt > now),
      );
      await writePrivateFile(this.#path, `${JSON.stringify(kept, undefined, 1)}\n`);
    };
    this.#lastWrite = this.#lastWrite.then(write, write);
    return this.#lastWrite;
  }
}

function parseTokens(text: string, path: string): readonly StoredToken[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not valid JSON: restore it, or remove it and let agents join again`, { cause });
  }
  if (!Array.isArray(parsed)) throw new Error(`${path} must hold a list of tokens`);
  return parsed as StoredToken[];
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function digestOf(token: string): string {
  return hash('sha256', token, 'hex');
}
