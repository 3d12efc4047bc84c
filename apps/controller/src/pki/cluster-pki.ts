import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@gantry/core';
import { createCa, createServerCertificate, type KeyPair } from './certificates.ts';
import { ensurePrivateDirectory, readIfPresent, writePrivateFile } from './private-files.ts';

export interface ClusterPki {
  readonly caPem: string;
  readonly serverCertificatePem: string;
  readonly serverKeyPem: string;
  /** `sha256:<hex>` of the CA certificate's DER form: what a joining host pins. */
  readonly caFingerprint: string;
  /** A certificate of its own for further addresses, kept under `name` and renewed like the server's. */
  certificateFor(name: string, addresses: readonly string[]): Promise<KeyPair>;
}

export interface ClusterPkiOptions {
  /** Files are kept in `<dataDir>/pki`, mode 0600. */
  readonly dataDir: string;
  /** DNS names and IP addresses beside 127.0.0.1 and localhost. */
  readonly addresses?: readonly string[];
  readonly clock: Clock;
}

const dayMs = 24 * 60 * 60 * 1000;
const caLifetimeMs = 3650 * dayMs;
const serverLifetimeMs = 365 * dayMs;
/** A server certificate is renewed at start where it has less than this left. */
const renewBeforeMs = 90 * dayMs;
/** Clocks of joining hosts may lag. */
const backdateMs = 60 * 60 * 1000;

/**
 * The cluster's CA, made at first start and then kept, and a server certificate for all addresses, made anew when it
 * nears its end, when the addresses changed or when the CA did. The CA's key never leaves the data directory.
 */
export async function openClusterPki(options: ClusterPkiOptions): Promise<ClusterPki> {
  const directory = join(options.dataDir, 'pki');
  await ensurePrivateDirectory(directory);
  const now = options.clock.now();
  const ca = (await readKeyPair(directory, 'ca')) ?? (await makeCa(directory, now));
  const addresses = [
    ...new Set(['127.0.0.1', '::1', 'localhost', 'kubernetes.default.svc', ...(options.addresses ?? [])]),
  ];
  const certificateFor = async (name: string, names: readonly string[]) => {
    const kept = await readKeyPair(directory, name);
    const time = options.clock.now();
    return kept && isUsable(kept, ca, names, time) ? kept : makeServer({ directory, name, ca, addresses: names }, time);
  };
  const server = await certificateFor('server', addresses);
  return {
    caPem: ca.certificatePem,
    serverCertificatePem: server.certificatePem,
    serverKeyPem: server.keyPem,
    caFingerprint: fingerprint(ca.certificatePem),
    certificateFor,
  };
}

/** Whether the certificate serves all addresses for long enough and was signed by this CA. */
function isUsable(server: KeyPair, ca: KeyPair, addresses: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(server.certificatePem);
  if (certificate.validToDate.getTime() - now < renewBeforeMs) return false;
  if (!certificate.verify(new X509Certificate(ca.certificatePem).publicKey)) return false;
  return addresses.every((address) => (isIP(address) ? certificate.checkIP(address) : certificate.checkHost(address)));
}

async function makeCa(directory: string, now: number): Promise<KeyPair> {
  const times = { notBefore: new Date(now - backdateMs), notAfter: new Date(now + caLifetimeMs) };
  const ca = await createCa('gantry-ca', times);
  await writeKeyPair(directory, 'ca', ca);
  return ca;
}

interface ServerCertificate {
  readonly directory: string;
  readonly name: string;
  readonly ca: KeyPair;
  readonly addresses: readonly string[];
}

async function makeServer({ directory, name, ca, addresses }: ServerCertificate, now: number): Promise<KeyPair> {
  const caEnd = new X509Certificate(ca.certificatePem).validToDate.getTime();
  const times = {
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(Math.min(now + serverLifetimeMs, caEnd)),
  };
  const server = await createServerCertificate(ca, 'gantry-controller', addresses, times);
  await writeKeyPair(directory, name, server);
  return server;
}

async function readKeyPair(directory: string, name: string): Promise<KeyPair | undefined> {
  const certificatePem = await readIfPresent(join(directory, `${name}.crt`));
  const keyPem = await readIfPresent(join(directory, `${name}.key`));
  return certificatePem !== undefined && keyPem !== undefined ? { certificatePem, keyPem } : undefined;
}

async function writeKeyPair(directory: string, name: string, pair: KeyPair): Promise<void> {
  // The key first: a certificate without its key would be taken for a missing pair and made again.
  await writePrivateFile(join(directory, `${name}.key`), pair.keyPem);
  await writePrivateFile(join(directory, `${name}.crt`), pair.certificatePem);
}

function fingerprint(certificatePem: string): string {
  return `sha256:${createHash('sha256').update(new X509Certificate(certificatePem).raw).digest('hex')}`;
}
