import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@gantry/api-types';
import type { Lister } from '@gantry/core';

/** Why a bootstrap token is not accepted; in words, for the joining agent. */
export type BootstrapRefusal =
  | 'the token is malformed'
  | 'the token is unknown'
  | 'the token has expired'
  | 'the token may not be used for joining';

/**
 * Checks a join token against the Secrets of type `bootstrap.kubernetes.io/token` in kube-system, which is where
 * Kubernetes keeps them too: `bootstrap-token-<id>` with `token-id`, `token-secret`, `expiration` (RFC 3339) and
 * `usage-bootstrap-authentication`. Returns undefined where the token is good.
 */
export function refuseBootstrapToken(secrets: Lister<Secret>, token: string, now: Date): BootstrapRefusal | undefined {
  const match = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token);
  const [, id, secretPart] = match ?? [];
  if (id === undefined || secretPart === undefined) return 'the token is malformed';
  const secret = secrets.get(`kube-system/bootstrap-token-${id}`);
  const expected = fieldOf(secret, 'token-secret');
  if (secret?.type !== 'bootstrap.kubernetes.io/token' || expected === undefined || !isEqual(expected, secretPart))
    return 'the token is unknown';
  const expiration = fieldOf(secret, 'expiration');
  if (expiration !== undefined && !(Date.parse(expiration) > now.getTime())) return 'the token has expired';
  if (fieldOf(secret, 'usage-bootstrap-authentication') !== 'true') return 'the token may not be used for joining';
  return undefined;
}

function fieldOf(secret: Secret | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function isEqual(a: string, b: string): boolean {
  // Digests have one length, so that the comparison tells nothing about where the texts differ.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
