import { expect, it } from 'vitest';
import { createTestApi } from '../testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field
type Any = any;

const url = '/api/v1/namespaces/default/services';
const contentType = 'application/merge-patch+json';

const service = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }], allocateLoadBalancerNodePorts: false, ...spec },
});

it('gives a port for health checks to Services whose balancer asks the nodes, for as long as it does', async () => {
  await using api = await createTestApi({ nodePortRange: [30_000, 30_001] });
  const post = (name: string, spec: object) => api.call<Any>('POST', url, { body: service(name, spec) });
  const patch = (name: string, spec: object) =>
    api.call<Any>('PATCH', `${url}/${name}`, { body: { spec }, contentType });
  const local = { externalTrafficPolicy: 'Local' };
  const one = await post('one', local);
  const port: number = one.body.spec.healthCheckNodePort;
  expect(port).toBeGreaterThanOrEqual(30_000);
  expect((await post('cluster', {})).body.spec).not.toHaveProperty('healthCheckNodePort');
  const taken = await post('taken', { ...local, healthCheckNodePort: port });
  expect([taken.code, taken.body.message]).toEqual([
    422,
    expect.stringContaining('provided port is already allocated'),
  ]);
  expect((await post('outside', { ...local, healthCheckNodePort: 80 })).code).toBe(422);
  const other = port === 30_000 ? 30_001 : 30_000;
  expect((await post('two', { ...local, healthCheckNodePort: other })).body.spec.healthCheckNodePort).toBe(other);
  expect((await post('full', local)).code).toBe(422);
  const moved = await patch('one', { healthCheckNodePort: other });
  expect([moved.code, moved.body.message]).toEqual([422, expect.stringContaining('cannot change healthCheckNodePort')]);
  const replaced = await api.call<Any>('PUT', `${url}/one`, { body: service('one', local) });
  expect(replaced.body.spec.healthCheckNodePort).toBe(port);
  expect((await patch('one', { externalTrafficPolicy: 'Cluster' })).body.spec).not.toHaveProperty(
    'healthCheckNodePort',
  );
  expect((await post('three', { ...local, healthCheckNodePort: port })).code).toBe(201);
});
