import { closeCodes } from '@gantry/api-types/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundPod, createTestSessions, type TestSessions, testRegistration } from './testing/test-sessions.ts';

let cluster: TestSessions;

beforeEach(async () => {
  cluster = await createTestSessions();
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

const nodeOf = (name = 'node-1') => cluster.api.objects.informer('nodes').lister.get(name);
const podOf = (name: string) => cluster.api.objects.informer('pods').lister.get(`default/${name}`);
const readyOf = (name?: string) => nodeOf(name)?.status.conditions?.find(({ type }) => type === 'Ready')?.status;
const configMap = (name: string, value: string) => ({
  apiVersion: 'v1' as const,
  kind: 'ConfigMap' as const,
  metadata: { name, namespace: 'default' },
  data: { value },
});

describe('a node that connects', () => {
  it('becomes a Ready Node with a pod CIDR and a Lease', async () => {
    const agent = await cluster.join();
    expect(await agent.received('welcome')).toMatchObject({ cluster: 'test', podCIDR: '10.244.0.0/24' });
    expect(readyOf()).toBe('True');
    expect(nodeOf()?.spec.podCIDR).toBe('10.244.0.0/24');
    const leases = cluster.api.objects.informer('leases.coordination.k8s.io').lister;
    await expect.poll(() => leases.get('kube-node-lease/node-1')?.spec.holderIdentity).toBe('node-1');
  });

  it('gets a pod CIDR of its own, however many connect at once', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `node-${i}`);
    await Promise.all(names.map((name) => cluster.join(name)));
    expect(new Set(names.map((name) => nodeOf(name)?.spec.podCIDR)).size).toBe(8);
  });

  it('is refused where no pod CIDR is left, with the way out', async () => {
    await using small = await createTestSessions({ clusterCidr: '10.244.0.0/24' });
    await small.join('node-1');
    const agent = await small.connect('node-2');
    agent.hello();
    expect((await agent.received('refused')).message).toContain('--cluster-cidr');
    expect(await agent.closed).toBe(closeCodes.badFrame);
    expect(small.sessions.isConnected('node-2')).toBe(false);
  });

  it('is refused where it speaks another protocol, and counts as no sign of life', async () => {
    const agent = await cluster.connect();
    agent.send({ type: 'hello', protocol: 99, agentVersion: '9', registration: testRegistration });
    expect((await agent.received('refused')).message).toContain('protocol 99');
    expect(await agent.closed).toBe(closeCodes.badFrame);
    expect(cluster.sessions.hasSession('node-1')).toBe(false);
  });

  it('takes new labels and a refusal to run pods over into its Node', async () => {
    const agent = await cluster.join();
    const registration = { ...testRegistration, labels: { disk: 'ssd' }, notReadyReason: 'the engine is gone' };
    agent.send({ type: 'registration', registration });
    await expect.poll(() => readyOf()).toBe('False');
    expect(nodeOf()?.metadata.labels).toMatchObject({ disk: 'ssd', 'kubernetes.io/os': 'linux' });
  });

  it('is registered anew after its Node was deleted', async () => {
    const agent = await cluster.join();
    await cluster.api.client.delete('nodes', '', 'node-1');
    expect(await agent.closed).toBe(closeCodes.goingAway);
    expect(cluster.sessions.hasSession('node-1')).toBe(false);
    await cluster.join();
    expect(readyOf()).toBe('True');
  });
});

describe('what a node is sent', () => {
  it('is its own pods and the ConfigMaps and Secrets these refer to, the latter first', async () => {
    const { client } = cluster.api;
    await client.create('configmaps', configMap('mine', 'a'));
    await client.create('configmaps', configMap('other', 'a'));
    await client.create('pods', boundPod('web', { configMap: 'mine', secret: 'missing' }));
    await client.create('pods', boundPod('elsewhere', { node: 'node-2', configMap: 'other' }));
    const agent = await cluster.join();
    expect(agent.changes).toEqual(['configmaps default/mine', 'pods default/web']);
  });

  it('follows every change, and ends with what no pod of it needs any more', async () => {
    const { client } = cluster.api;
    const agent = await cluster.join();
    await client.create('configmaps', configMap('settings', 'a'));
    await client.create('pods', boundPod('web', { configMap: 'settings' }));
    await expect.poll(() => agent.changes).toContain('pods default/web');
    const held = cluster.api.objects.informer('configmaps').lister.get('default/settings');
    if (held) await client.update('configmaps', { ...held, data: { value: 'b' } });
    await expect.poll(() => agent.changes.filter((change) => change === 'configmaps default/settings').length).toBe(2);
    await client.delete('pods', 'default', 'web', { gracePeriodSeconds: 0 });
    await expect.poll(() => agent.changes.slice(-2)).toEqual(['-pods default/web', '-configmaps default/settings']);
  });

  it('comes in frames that an agent takes, however much it is', async () => {
    const { client } = cluster.api;
    for (let i = 0; i < 6; i += 1) {
      await client.create('configmaps', configMap(`big-${i}`, 'x'.repeat(1_000_000)));
      await client.create('pods', boundPod(`web-${i}`, { configMap: `big-${i}` }));
    }
    const agent = await cluster.join();
    expect(agent.changes).toHaveLength(12);
    expect(agent.frames.filter(({ type }) => type === 'objects').length).toBeGreaterThan(1);
  });
});

describe('what a node reports', () => {
  it('becomes the status of its pods, beside the conditions of others', async () => {
    const pod = await cluster.api.client.create('pods', boundPod('web'));
    const scheduled = { type: 'PodScheduled', status: 'True' as const };
    await cluster.api.client.updateStatus('pods', { ...pod, status: { conditions: [scheduled] } });
    const agent = await cluster.join();
    const reference = { namespace: 'default', name: 'web', uid: pod.metadata.uid };
    const ready = { type: 'Ready', status: 'True' as const };
    const report = (podIP: string) =>
      agent.send({
        type: 'podStatuses',
        items: [{ ...reference, status: { phase: 'Running', podIP, conditions: [ready] } }],
      });
    for (let i = 1; i <= 50; i += 1) report(`10.244.0.${i}`);
    await expect.poll(() => podOf('web')?.status.podIP).toBe('10.244.0.50');
    expect(
      podOf('web')
        ?.status.conditions?.map(({ type }) => type)
        .sort(),
    ).toEqual(['PodScheduled', 'Ready']);
  });

  it('does not touch pods of another node or of another uid', async () => {
    const mine = await cluster.api.client.create('pods', boundPod('mine'));
    const other = await cluster.api.client.create('pods', boundPod('other', { node: 'node-2' }));
    const agent = await cluster.join();
    const status = { phase: 'Failed' as const };
    agent.send({
      type: 'podStatuses',
      items: [
        { namespace: 'default', name: 'other', uid: other.metadata.uid, status },
        { namespace: 'default', name: 'mine', uid: 'another', status },
      ],
    });
    agent.send({ type: 'podsTerminated', items: [{ namespace: 'default', name: 'other', uid: other.metadata.uid }] });
    agent.send({
      type: 'podStatuses',
      items: [{ namespace: 'default', name: 'mine', uid: mine.metadata.uid, status: { phase: 'Running' } }],
    });
    await expect.poll(() => podOf('mine')?.status.phase).toBe('Running');
    expect(podOf('other')?.status.phase).toBe('Pending');
  });

  it('removes a pod whose containers are gone', async () => {
    const pod = await cluster.api.client.create('pods', boundPod('web'));
    const agent = await cluster.join();
    agent.send({ type: 'podsTerminated', items: [{ namespace: 'default', name: 'web', uid: pod.metadata.uid }] });
    await expect.poll(() => podOf('web')).toBeUndefined();
  });

  it('becomes an Event about the pod', async () => {
    const pod = await cluster.api.client.create('pods', boundPod('web'));
    const agent = await cluster.join();
    const about = { namespace: 'default', name: 'web', uid: pod.metadata.uid };
    agent.send({ type: 'events', items: [{ pod: about, type: 'Normal', reason: 'Started', message: 'Started main' }] });
    const events = cluster.api.objects.informer('events').lister;
    await expect.poll(() => events.list().find(({ reason }) => reason === 'Started')?.source?.host).toBe('node-1');
  });

  it('becomes an Event about the node', async () => {
    const agent = await cluster.join();
    const event = { type: 'Warning', reason: 'ImageGCFailed', message: 'the disk is full' } as const;
    agent.send({ type: 'nodeEvents', items: [event] });
    const events = cluster.api.objects.informer('events').lister;
    await expect
      .poll(() => events.list().find(({ reason }) => reason === 'ImageGCFailed'))
      .toMatchObject({ ...event, involvedObject: { kind: 'Node', name: 'node-1' }, source: { component: 'kubelet' } });
  });

  it('is refused as a whole where a frame is malformed', async () => {
    for (const text of ['{', '[]', '{"type":"podStatuses"}', '{"type":"events","items":[null]}']) {
      const agent = await cluster.join();
      agent.socket.send(text);
      expect(await agent.closed).toBe(closeCodes.badFrame);
    }
  });
});

describe('a connection', () => {
  it('is replaced by a newer one of its node, which then gets the changes', async () => {
    const first = await cluster.join();
    const second = await cluster.join();
    expect(await first.closed).toBe(closeCodes.replaced);
    expect(cluster.sessions.isConnected('node-1')).toBe(true);
    await cluster.api.client.create('pods', boundPod('web'));
    await expect.poll(() => second.changes).toEqual(['pods default/web']);
    expect(first.changes).toEqual([]);
  });

  it('that is replaced while its hello is registered leaves the new one alone', async () => {
    const first = await cluster.connect();
    first.hello();
    const second = await cluster.connect();
    second.hello();
    await second.received('synced');
    await first.closed;
    await cluster.api.client.create('pods', boundPod('web'));
    await expect.poll(() => second.changes).toEqual(['pods default/web']);
    expect(cluster.sessions.isConnected('node-1')).toBe(true);
  });

  it('counts as a sign of life from its hello on', async () => {
    const agent = await cluster.connect();
    agent.send({ type: 'heartbeat' });
    await agent.received('heartbeat');
    expect(cluster.sessions.hasSession('node-1')).toBe(false);
    agent.hello();
    await agent.received('welcome');
    expect(cluster.sessions.lastSeen('node-1')).toBe(cluster.api.clock.now());
  });

  it('is given up after ten silent seconds, so that its Lease is not renewed for a dead host', async () => {
    const agent = await cluster.join();
    for (let second = 0; second < 12; second += 1) cluster.api.clock.advance(1_000);
    expect(await agent.closed).toBe(closeCodes.silent);
    expect(cluster.sessions.isConnected('node-1')).toBe(false);
  });

  it('survives a stall of the controller itself', async () => {
    const agent = await cluster.join();
    cluster.api.clock.stall(60_000);
    expect(cluster.sessions.isConnected('node-1')).toBe(true);
    expect(agent.socket.readyState).toBe(agent.socket.OPEN);
  });

  it('is closed when the controller stops, and none is taken after that', async () => {
    const agent = await cluster.join();
    await cluster.sessions.stop();
    expect(await agent.closed).toBe(closeCodes.goingAway);
    const late = await cluster.connect();
    expect(await late.closed).toBe(closeCodes.goingAway);
  });
});
