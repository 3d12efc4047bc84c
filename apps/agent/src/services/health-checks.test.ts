import { once } from 'node:events';
import { createServer } from 'node:net';
import type { EndpointSlice } from '@gantry/api-types';
import { makeEndpointSlice, makeService } from '@gantry/api-types/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServiceState } from '../session/service-state.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { HealthChecks } from './health-checks.ts';

let state: ServiceState;
let checks: HealthChecks;
let port: number;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

function service(version: string, policy: 'Local' | 'Cluster' = 'Local', healthCheckNodePort = port) {
  const made = makeService({ name: 'web' });
  const spec = { ...made.spec, type: 'LoadBalancer' as const, externalTrafficPolicy: policy, healthCheckNodePort };
  return { ...made, metadata: { ...made.metadata, resourceVersion: version }, spec };
}

function slice(version: string, ...endpoints: EndpointSlice['endpoints']): EndpointSlice {
  const made = makeEndpointSlice({ name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' }, endpoints });
  return { ...made, metadata: { ...made.metadata, resourceVersion: version } };
}

async function ask(of: number = port): Promise<readonly [number, unknown, string | null]> {
  const answer = await fetch(`http://127.0.0.1:${of}/healthz`);
  return [answer.status, await answer.json(), answer.headers.get('x-load-balancing-endpoint-weight')];
}

const answered = (count: number) => [
  count > 0 ? 200 : 503,
  { service: { namespace: 'default', name: 'web' }, localEndpoints: count, serviceProxyHealthy: true },
  String(count),
];

beforeEach(async () => {
  port = await freePort();
  state = new ServiceState();
  state.setService(service('1'));
  checks = new HealthChecks({ source: state, place: { nodeName: 'n1' }, logger: quietLogger(), address: '127.0.0.1' });
});

afterEach(() => checks.stop());

it('answers how many ready endpoints the Service has on this node', async () => {
  await expect.poll(() => ask()).toEqual(answered(0));
  state.setSlice(
    slice(
      '1',
      { addresses: ['10.0.0.1'], nodeName: 'n1', conditions: { ready: true } },
      { addresses: ['10.0.0.2'], nodeName: 'n1' },
      { addresses: ['10.0.0.3'], nodeName: 'n1', conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ['10.0.0.4'], nodeName: 'n2', conditions: { ready: true } },
    ),
  );
  expect(await ask()).toEqual(answered(2));
});

it('moves with the port and ends with the policy', async () => {
  await expect.poll(() => ask()).toEqual(answered(0));
  const moved = await freePort();
  state.setService(service('2', 'Local', moved));
  await expect.poll(() => ask(moved)).toEqual(answered(0));
  await expect(ask()).rejects.toThrow();
  state.setService(service('3', 'Cluster', moved));
  await expect(ask(moved)).rejects.toThrow();
});

it('takes a port that another process had once that is free', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const wanted = typeof address === 'object' && address ? address.port : 0;
  state.setService(service('2', 'Local', wanted));
  await once(taken.close(), 'close');
  const retried = (): Promise<unknown> => {
    checks.retry();
    return ask(wanted);
  };
  await expect.poll(retried).toEqual(answered(0));
});
