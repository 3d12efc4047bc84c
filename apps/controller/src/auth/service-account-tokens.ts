import { randomUUID, verify } from 'node:crypto';
import type { Clock } from '@gantry/core';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import { type ServiceAccountKey, tokenAlgorithm } from './service-account-key.ts';

/** Who issues the tokens, and whom they are for unless a request says otherwise, as in a cluster of kubeadm. */
export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local';

/** Something named that a token is about. */
export interface NamedObject {
  readonly name: string;
  readonly uid: string;
}

/** What a token says beside who may use it until when: the claim `kubernetes.io`. */
export interface TokenSubject {
  readonly namespace: string;
  readonly serviceaccount: NamedObject;
  /** The token is void once the pod is gone. */
  readonly pod?: NamedObject;
  readonly node?: NamedObject;
  readonly secret?: NamedObject;
}

export interface SignedToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface VerifiedToken extends TokenSubject {
  readonly audiences: readonly string[];
  readonly id: string;
}

/** Signs and reads the tokens. Whether what a verified token is about still exists is for the caller to find out. */
export interface ServiceAccountTokens {
  /** The public keys, for `/openid/v1/jwks`. */
  readonly jwks: object;
  sign(subject: TokenSubject, audiences: readonly string[], lifetimeSeconds: number): Promise<SignedToken>;
  /** Undefined where the token is not one of ours, was changed, or is not valid now. */
  verify(token: string): VerifiedToken | undefined;
}

const claimName = 'kubernetes.io';
/** Clocks within the cluster may differ by this much. */
const leewaySeconds = 5;

/** Tokens under one key. */
export function createServiceAccountTokens(key: ServiceAccountKey, clock: Clock): ServiceAccountTokens {
  return {
    jwks: { keys: [key.jwk] },
    async sign(subject, audiences, lifetimeSeconds) {
      const now = Math.floor(clock.now() / 1000);
      const token = await new SignJWT({ [claimName]: subject })
        .setProtectedHeader({ alg: tokenAlgorithm, kid: key.keyId })
        .setIssuer(tokenIssuer)
        .setSubject(userNameOf(subject))
        .setAudience([...audiences])
        .setJti(randomUUID())
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(key.privateKey);
      return { token, expiresAt: (now + lifetimeSeconds) * 1000 };
    },
    verify(token) {
      const payload = verifiedPayload(key, token);
      return payload && readPayload(payload, Math.floor(clock.now() / 1000));
    },
  };
}

/** `system:serviceaccount:NAMESPACE:NAME` */
export function userNameOf({ namespace, serviceaccount }: TokenSubject): string {
  return `system:serviceaccount:${namespace}:${serviceaccount.name}`;
}

/** What the token says, if we signed it: in one turn, since every request of a pod is checked so. */
function verifiedPayload(key: ServiceAccountKey, token: string): JWTPayload | undefined {
  const [header, payload, signature, ...more] = token.split('.');
  if (!header || !payload || !signature || more.length > 0) return undefined;
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    // The algorithm is ours to choose, never the token's.
    if (alg !== tokenAlgorithm || kid !== key.keyId) return undefined;
    const signed = Buffer.from(`${header}.${payload}`);
    const verifyKey = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    return verify('sha256', signed, verifyKey, Buffer.from(signature, 'base64url')) ? decodeJwt(token) : undefined;
  } catch {
    // Not a token at all: what is between the dots is not JSON.
    return undefined;
  }
}

function readPayload(payload: JWTPayload, nowSeconds: number): VerifiedToken | undefined {
  const { iss, aud, exp, nbf, jti } = payload;
  if (iss !== tokenIssuer || exp === undefined || exp <= nowSeconds) return undefined;
  if (nbf !== undefined && nbf > nowSeconds + leewaySeconds) return undefined;
  const subject = payload[claimName] as TokenSubject | undefined;
  if (!subject?.serviceaccount) return undefined;
  const audiences = aud === undefined ? [] : typeof aud === 'string' ? [aud] : aud;
  return { ...subject, audiences, id: jti ?? '' };
}
