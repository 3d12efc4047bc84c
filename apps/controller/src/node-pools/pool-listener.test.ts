import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { openClusterPki } from '../pki/cluster-pki.ts';
import { systemClock } from '../system-clock.ts';
import { PoolListener } from './pool-listener.ts';

/** Another address of this machine, as the gateway of the hosts' network is. */
const gateway = '127.0.0.2';

it('gives hosts the API of a controller that listens on loopback only, under a certificate for their side', async () => {
  await using cleanup = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'gantry-pool-'));
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  const pki = await openClusterPki({ dataDir, clock: systemClock });
  const api = createServer((_request, response) => response.end('the API'));
  await new Promise<void>((resolve) => api.listen({ host: '127.0.0.1', port: 0 }, resolve));
  cleanup.defer(async () => void api.close());
  const { port } = api.address() as AddressInfo;
  const listener = new PoolListener({ api, address: '127.0.0.1', port, pki });
  cleanup.defer(() => listener.stop());
  await Promise.all([listener.listen(gateway), listener.listen(gateway)]);
  expect(listener.serverFor(gateway)).toBe(`https://${gateway}:${port}`);
  const answer = await new Promise<string>((resolve, reject) => {
    get(listener.serverFor(gateway), { ca: pki.caPem, agent: false }, (response) => resolve(text(response))).on(
      'error',
      reject,
    );
  });
  expect(answer).toBe('the API');
});

it('leaves an API alone that hosts reach as it is', async () => {
  const listener = new PoolListener({ api: createServer(), address: '192.0.2.7', port: 6443, pki: {} as never });
  await listener.listen(gateway);
  expect(listener.serverFor(gateway)).toBe('https://192.0.2.7:6443');
});
