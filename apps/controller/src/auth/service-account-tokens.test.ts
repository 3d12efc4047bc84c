import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@gantry/core/testing';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openServiceAccountKey } from './service-account-key.ts';
import { createServiceAccountTokens, type TokenSubject, tokenIssuer } from './service-account-tokens.ts';

const subject: TokenSubject = {
  namespace: 'shop',
  serviceaccount: { name: 'web', uid: 'sa-1' },
  pod: { name: 'web-0', uid: 'pod-1' },
};

describe('tokens of service accounts', () => {
  let dataDir: string;
  let clock: FakeClock;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gantry-sa-'));
    clock = new FakeClock(Date.UTC(2026, 10, 21, 12));
  });
  afterEach(() => rm(dataDir, { recursive: true }));
  const open = async () => createServiceAccountTokens(await openServiceAccountKey(dataDir), clock);

  it('say whose they are, for whom and until when, and outlive a restart of the controller', async () => {
    const { token, expiresAt } = await (await open()).sign(subject, [tokenIssuer], 3600);
    expect(expiresAt).toBe(clock.now() + 3_600_000);
    const reopened = await open();
    expect(reopened.verify(token)).toMatchObject({ ...subject, audiences: [tokenIssuer] });
    expect((await stat(join(dataDir, 'pki', 'service-account.key'))).mode & 0o777).toBe(0o600);
  });

  it('are checked by anybody with the public keys', async () => {
    const tokens = await open();
    const { token } = await tokens.sign(subject, ['vault'], 600);
    const { payload } = await jwtVerify(token, createLocalJWKSet(tokens.jwks as JSONWebKeySet), {
      issuer: tokenIssuer,
      audience: 'vault',
      currentDate: new Date(clock.now()),
    });
    expect(payload).toMatchObject({ sub: 'system:serviceaccount:shop:web', 'kubernetes.io': subject });
    expect(JSON.stringify(tokens.jwks)).not.toContain('"d"');
  });

  it('end at their time', async () => {
    const tokens = await open();
    const { token } = await tokens.sign(subject, [tokenIssuer], 600);
    clock.advance(599_000);
    expect(tokens.verify(token)).toBeDefined();
    clock.advance(1_000);
    expect(tokens.verify(token)).toBeUndefined();
  });

  it('are refused where anything was changed, or another key or no key signed them', async () => {
    const tokens = await open();
    const { token } = await tokens.sign(subject, [tokenIssuer], 600);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = encode({ ...claims, 'kubernetes.io': { ...subject, namespace: 'kube-system' } });
    const unsigned = encode({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), alg: 'none' });
    const otherDir = await mkdtemp(join(tmpdir(), 'gantry-sa-'));
    const other = await openServiceAccountKey(otherDir);
    await rm(otherDir, { recursive: true });
    const { keyId, publicKey } = await openServiceAccountKey(dataDir);
    const resigned = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: keyId }).sign(other.privateKey);
    // The public key is no secret: signing by it as if it were one must not help.
    const secret = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
    const confused = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: keyId }).sign(secret);
    const wrong = [
      `${header}.${forged}.${signature}`,
      `${unsigned}.${payload}.`,
      `${unsigned}.${payload}.${signature}`,
      resigned,
      confused,
      `${header}.${payload}`,
      `${token}.x`,
      'a.b.c',
      '',
    ];
    for (const text of wrong) expect(tokens.verify(text)).toBeUndefined();
  });

  it('say what to do about a broken key', async () => {
    await open();
    await writeFile(join(dataDir, 'pki', 'service-account.key'), 'broken');
    await expect(open()).rejects.toThrow(/restore it, or remove it/);
  });
});
