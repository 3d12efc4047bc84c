import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { ensurePrivateDirectory, readIfPresent, writePrivateFile } from '../pki/private-files.ts';

/** The key that signs the tokens of service accounts. */
export interface ServiceAccountKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly keyId: string;
  /** The public half, as `/openid/v1/jwks` shows it. */
  readonly jwk: JWK;
}

/** The one algorithm that is signed with and accepted. */
export const tokenAlgorithm = 'ES256';

/**
 * The cluster's key, made at first start and kept in `<dataDir>/pki/service-account.key`, mode 0600: tokens outlive
 * restarts of the controller. Without the file all tokens become void and agents get new ones.
 */
export async function openServiceAccountKey(dataDir: string): Promise<ServiceAccountKey> {
  const directory = join(dataDir, 'pki');
  await ensurePrivateDirectory(directory);
  const path = join(directory, 'service-account.key');
  const kept = await readIfPresent(path);
  if (kept !== undefined) return describeKey(parseKey(kept, path));
  const key = await makeServiceAccountKey();
  await writePrivateFile(path, key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return key;
}

/** A new key, which is nowhere kept. */
export function makeServiceAccountKey(): Promise<ServiceAccountKey> {
  return describeKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

function parseKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`${path} holds no private key: restore it, or remove it and let pods get new tokens`, { cause });
  }
}

async function describeKey(privateKey: KeyObject): Promise<ServiceAccountKey> {
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const keyId = await calculateJwkThumbprint(jwk);
  return { privateKey, publicKey, keyId, jwk: { ...jwk, kid: keyId, alg: tokenAlgorithm, use: 'sig' } };
}
