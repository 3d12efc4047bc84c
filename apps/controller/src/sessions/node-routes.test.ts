import type { NodeRoute } from '@gantry/api-types/protocol';
import { expect, it } from 'vitest';
import { createTestSessions, type TestAgent, testRegistration } from './testing/test-sessions.ts';

const at = (address: string) => ({ addresses: [{ type: 'InternalIP', address }] });

/** What an agent that has followed the frames knows. */
function routesOf({ frames }: TestAgent): readonly NodeRoute[] {
  const routes = new Map<string, NodeRoute>();
  for (const frame of frames) {
    if (frame.type !== 'nodeRoutes') continue;
    if (frame.isFull) routes.clear();
    for (const name of frame.removed) routes.delete(name);
    for (const route of frame.items) routes.set(route.nodeName, route);
  }
  return [...routes.values()].toSorted((a, b) => (a.nodeName < b.nodeName ? -1 : 1));
}

it('tells every node where the pods of all are, and what changes of that', async () => {
  await using cluster = await createTestSessions();
  const first = await cluster.join('node-1', at('192.0.2.1'));
  expect((await first.received('nodeRoutes')).clusterCIDR).toBe('10.244.0.0/16');
  const second = await cluster.join('node-2', at('192.0.2.2'));
  const both = [
    { nodeName: 'node-1', podCIDR: '10.244.0.0/24', hostIP: '192.0.2.1' },
    { nodeName: 'node-2', podCIDR: '10.244.1.0/24', hostIP: '192.0.2.2' },
  ];
  await expect.poll(() => [routesOf(first), routesOf(second)]).toEqual([both, both]);
  second.send({ type: 'registration', registration: { ...testRegistration, ...at('192.0.2.9') } });
  await expect.poll(() => routesOf(first)[1]?.hostIP).toBe('192.0.2.9');
  second.socket.close();
  await second.closed;
  await cluster.api.client.delete('nodes', undefined, 'node-2');
  await expect.poll(() => routesOf(first)).toEqual(both.slice(0, 1));
});

it('is silent about nodes whose address is as before', async () => {
  await using cluster = await createTestSessions();
  const agent = await cluster.join('node-1', at('192.0.2.1'));
  const frames = () => agent.frames.filter(({ type }) => type === 'nodeRoutes').length;
  const before = frames();
  const registration = { ...testRegistration, ...at('192.0.2.1'), labels: { changed: 'yes' } };
  agent.send({ type: 'registration', registration });
  await expect
    .poll(() => cluster.api.objects.informer('nodes').lister.get('node-1')?.metadata.labels)
    .toMatchObject({
      changed: 'yes',
    });
  expect(frames()).toBe(before);
});

it('tells of the zone that the label of a node names, also where somebody changes it', async () => {
  await using cluster = await createTestSessions();
  const agent = await cluster.join('node-1', at('192.0.2.1'));
  const node = cluster.api.objects.informer('nodes').lister.get('node-1');
  if (!node) throw new Error('there is no node');
  const labels = { ...node.metadata.labels, 'topology.kubernetes.io/zone': 'b' };
  await cluster.api.client.update('nodes', { ...node, metadata: { ...node.metadata, labels } });
  await expect.poll(() => routesOf(agent)[0]?.zone).toBe('b');
});
