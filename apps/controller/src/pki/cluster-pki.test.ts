import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@gantry/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClusterPki } from './cluster-pki.ts';
import { writeKubeconfig } from './kubeconfig.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('the cluster PKI', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gantry pki '));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it('makes a CA and a server certificate that TLS clients accept', async () => {
    const pki = await openClusterPki({ dataDir, addresses: ['gantry.example'], clock: new FakeClock(Date.now()) });
    const server = createServer({ cert: pki.serverCertificatePem, key: pki.serverKeyPem }, (_request, response) => {
      response.end('hello');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const fetchAs = (servername?: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const options = { ca: pki.caPem, agent: false, ...(servername ? { servername } : {}) } as const;
        get(`https://127.0.0.1:${port}/`, options, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
    expect(await fetchAs()).toBe(200);
    expect(await fetchAs('gantry.example')).toBe(200);
    await expect(fetchAs('elsewhere.example')).rejects.toThrow(/altnames/);
    await new Promise((resolve) => server.close(resolve));
  });

  it('keeps files to their owner', async () => {
    await openClusterPki({ dataDir, clock: new FakeClock(Date.now()) });
    const directory = join(dataDir, 'pki');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const files = await readdir(directory);
    expect(files.sort()).toEqual(['ca.crt', 'ca.key', 'server.crt', 'server.key']);
    for (const file of files) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  });

  it('keeps CA and certificate over restarts', async () => {
    const clock = new FakeClock(Date.now());
    const first = await openClusterPki({ dataDir, addresses: ['10.1.2.3'], clock });
    const second = await openClusterPki({ dataDir, addresses: ['10.1.2.3'], clock });
    expect({ ...second, certificateFor: first.certificateFor }).toEqual(first);
    const [one, two] = [
      await first.certificateFor('pool', ['10.1.2.4']),
      await second.certificateFor('pool', ['10.1.2.4']),
    ];
    expect(two).toEqual(one);
    expect(first.caFingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('renews the server certificate, never the CA, for a new address and before it expires', async () => {
    const clock = new FakeClock(Date.now());
    const first = await openClusterPki({ dataDir, clock });
    const moved = await openClusterPki({ dataDir, addresses: ['10.9.9.9', 'fd00::1'], clock });
    expect(moved.caPem).toBe(first.caPem);
    expect(moved.serverCertificatePem).not.toBe(first.serverCertificatePem);
    expect(new X509Certificate(moved.serverCertificatePem).checkIP('10.9.9.9')).toBe('10.9.9.9');
    clock.advance(300 * dayMs);
    const renewed = await openClusterPki({ dataDir, addresses: ['10.9.9.9', 'fd00::1'], clock });
    expect(renewed.caPem).toBe(first.caPem);
    expect(renewed.serverCertificatePem).not.toBe(moved.serverCertificatePem);
  });

  it('makes a CA that may sign no other CA', async () => {
    const { caPem } = await openClusterPki({ dataDir, clock: new FakeClock(Date.now()) });
    const ca = new X509Certificate(caPem);
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
  });

  it('writes a self-contained kubeconfig for its owner only', async () => {
    const path = join(dataDir, 'kubeconfig');
    await writeKubeconfig(path, { server: 'https://127.0.0.1:1', caPem: 'PEM', token: 'secret' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(`certificate-authority-data: ${Buffer.from('PEM').toString('base64')}`);
    expect(text).toContain('token: "secret"');
    expect(text).toContain('current-context: "gantry"');
  });
});
