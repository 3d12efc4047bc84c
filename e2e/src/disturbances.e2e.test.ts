import { randomBytes } from 'node:crypto';
import type { Node, Pod } from '@gantry/api-types';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientFrame, joinAs, openAgentSocket } from './testbed/agent-socket.ts';
import { dumpCluster } from './testbed/dump-cluster.ts';
import { mustKubectl } from './testbed/kubectl.ts';
import { MultiHostCluster, sleeperImage } from './testbed/multi-host-cluster.ts';
import { identities, Workload } from './testbed/workload.ts';

/** Two hosts whose agents, controller and operators do what they should not, or what they may: pods must not notice. */
describe('a cluster of hosts', () => {
  let cluster: MultiHostCluster;

  beforeAll(async () => {
    cluster = await MultiHostCluster.start(['host-1', 'host-2']);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(await dumpCluster(cluster));
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  it('restarts no container when an agent is killed and started again', async () => {
    await using web = await Workload.deploy(cluster, 'agent-restart', 4);
    const host = cluster.host('host-1');
    const before = await web.running();
    const podsBefore = await web.pods();
    await host.killAgent();
    await host.startAgent();
    // A pod that only the new agent can have started shows that it is at work.
    await runPinned(web, 'after-restart', host.name);
    const after = (await web.waitUntilEnginesAgree()).filter(({ pod }) => pod !== 'after-restart');
    expect(identities(after)).toEqual(identities(before));
    const podsAfter = (await web.pods()).filter(({ metadata }) => metadata.name !== 'after-restart');
    expect(podsAfter.map(restartFacts).toSorted()).toEqual(podsBefore.map(restartFacts).toSorted());
  });

  it('finishes a rollout during which the controller was killed, and loses nothing it acknowledged', async () => {
    const replicas = 8;
    await using web = await Workload.deploy(cluster, 'rollout', replicas);
    const old = new Set((await web.pods()).map(({ metadata }) => metadata.uid));
    const writer = startWriting(web.namespace);
    await web.patch({ spec: { template: { metadata: { annotations: { version: '2' } } } } });
    await web.waitForPods('the rollout is half done', (pods) => {
      const ready = pods.filter((pod) => !old.has(pod.metadata.uid) && isPodReady(pod));
      return ready.length > 0 && pods.some(({ metadata }) => old.has(metadata.uid) && !metadata.deletionTimestamp);
    });
    await cluster.killController();
    const acknowledged = await writer.untilRefused();
    const survivors = (await web.running()).filter(({ podUid }) => !old.has(podUid));
    await cluster.startController();
    await web.waitUntilComplete(replicas);
    const after = await web.waitUntilEnginesAgree();
    expect(after).toHaveLength(replicas);
    expect(after.filter(({ podUid }) => old.has(podUid))).toEqual([]);
    expect(identities(after)).toEqual(expect.arrayContaining(identities(survivors)));
    const { items } = await cluster.client.json<{ items: { metadata: { name: string } }[] }>(writer.path);
    expect(acknowledged).not.toHaveLength(0);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(acknowledged));
  });

  it('places nothing on a cordoned host, empties it on drain and uses it again afterwards', async () => {
    await using web = await Workload.deploy(cluster, 'drain', 4);
    const host = cluster.host('host-2');
    const stays = await web.running([cluster.host('host-1')]);
    const kubectl = (...args: string[]) => mustKubectl(cluster.kubeconfig, ...args);
    await kubectl('cordon', host.name);
    await web.patch({ spec: { replicas: 6 } });
    await web.waitUntilComplete(6);
    expect(await web.running([host])).toHaveLength(2);
    await kubectl('drain', host.name, '--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=90s');
    await web.waitUntilComplete(6);
    const drained = await web.waitUntilEnginesAgree();
    expect(drained.filter((placement) => placement.host === host.name)).toEqual([]);
    expect(identities(drained)).toEqual(expect.arrayContaining(identities(stays)));
    await kubectl('uncordon', host.name);
    await web.patch({ spec: { replicas: 8 } });
    await web.waitUntilComplete(8);
    expect(await web.running([host])).toHaveLength(2);
  });

  it('refuses a host with a wrong or an expired token, says why and disturbs nothing', async () => {
    await using web = await Workload.deploy(cluster, 'tokens', 2);
    const before = await quietFacts(web);
    const host = cluster.host('host-1');
    const line = await cluster.joinLine();
    const good = line.split(' ').at(-1) ?? '';
    await expireToken(good);
    const wrong = 'abcdef.0123456789abcdef';
    for (const [token, message] of [
      [good, 'this host cannot join: the token has expired; print a new line with `gantry join`'],
      [wrong, 'this host cannot join: the token is unknown; print a new line with `gantry join`'],
    ] as const) {
      const env = { GANTRY_NODE_NAME: 'intruder', GANTRY_AGENT_DIR: '/var/lib/intruder' };
      const attempt = await host.exec(['sh', '-c', line.replace(good, token)], env);
      expect(attempt.exitCode).not.toBe(0);
      expect(attempt.output.trim()).toBe(`gantry: ${message}`);
      const join = await joinAs(cluster, { bootstrapToken: token, nodeName: 'intruder' });
      expect([join.status, join.body.message]).toEqual([401, message]);
    }
    expect((await openAgentSocket(cluster, wrong)).status).toBe(401);
    expect(await quietFacts(web)).toEqual(before);
  });

  it('does not let a second host take the name of a connected node', async () => {
    await using web = await Workload.deploy(cluster, 'names', 2);
    const before = await quietFacts(web);
    const attempt = await cluster.host('host-1').exec(['sh', '-c', await cluster.joinLine()], {
      GANTRY_NODE_NAME: 'host-2',
      GANTRY_AGENT_DIR: '/var/lib/intruder',
    });
    expect(attempt.exitCode).not.toBe(0);
    expect(attempt.output).toContain('a node named "host-2" is connected already');
    expect(await quietFacts(web)).toEqual(before);
  });

  it.each<[what: string, bytes: Buffer]>([
    ['a text that is not JSON', clientFrame(1, Buffer.from('{"type":'))],
    ['JSON that is no frame', clientFrame(1, Buffer.from('[1,2]'))],
    ['a frame before the hello', clientFrame(1, Buffer.from('{"type":"usage","usage":{}}'))],
    ['a hello without its contents', clientFrame(1, Buffer.from('{"type":"hello","protocol":1}'))],
    ['a binary frame too short for a stream', clientFrame(2, Buffer.from([1]))],
    ['an opcode that does not exist', clientFrame(7, Buffer.from('x'))],
    ['a text that is not UTF-8', clientFrame(1, Buffer.from([0xff, 0xfe]))],
    ['a frame without a mask', Buffer.from([0x81, 2, 0x7b, 0x7d])],
    ['a frame that says it is 2^62 bytes long', Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0])],
    ['noise', randomBytes(64)],
  ])('closes the session of an agent that sends %s, and no other', async (_, bytes) => {
    const connectedBefore = await connections();
    const socket = await openAgentSocket(cluster, await credentialOf('ghost'));
    expect(socket.status).toBe(101);
    socket.send(bytes);
    await socket.closed;
    expect(await connections()).toEqual(connectedBefore);
    expect(await nodeNames()).toEqual(['host-1', 'host-2']);
  });

  /** What must be the same before and after something that the cluster refuses. */
  async function quietFacts(web: Workload): Promise<unknown> {
    return { nodes: await nodeNames(), containers: identities(await web.running()), connected: await connections() };
  }

  /** How often each host's agent has connected so far. */
  async function connections(): Promise<number[]> {
    const logs = await Promise.all(cluster.hosts.map((host) => host.agentLog()));
    return logs.map((log) => log.split('"connected to the controller"').length - 1);
  }

  async function nodeNames(): Promise<string[]> {
    const { items } = await cluster.client.json<{ items: Node[] }>('/api/v1/nodes');
    return items.map(({ metadata }) => metadata.name).toSorted();
  }

  async function expireToken(token: string): Promise<void> {
    const path = `/api/v1/namespaces/kube-system/secrets/bootstrap-token-${token.slice(0, 6)}`;
    const change = { stringData: { expiration: new Date(Date.now() - 1000).toISOString() } };
    await cluster.client.must('PATCH', path, change, 'application/merge-patch+json');
  }

  async function credentialOf(nodeName: string): Promise<string> {
    const bootstrapToken = (await cluster.joinLine()).split(' ').at(-1) ?? '';
    const { status, body } = await joinAs(cluster, { bootstrapToken, nodeName });
    expect(status).toBe(201);
    return body.token ?? '';
  }

  async function runPinned(web: Workload, name: string, nodeName: string): Promise<void> {
    await cluster.client.must('POST', `/api/v1/namespaces/${web.namespace}/pods`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': nodeName },
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'main', image: sleeperImage }],
      },
    });
    await web.waitForPods(`${name} runs`, (pods) => pods.some((pod) => pod.metadata.name === name && isPodReady(pod)));
  }

  /** Creates objects, several at a time, until the controller is gone; knows which of them it acknowledged. */
  function startWriting(namespace: string): { path: string; untilRefused(): Promise<string[]> } {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const acknowledged: string[] = [];
    let next = 0;
    const write = async (): Promise<void> => {
      for (;;) {
        const metadata = { name: `written-${next++}` };
        const answer = await cluster.client
          .send('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: metadata.name } })
          // The connection broke: whether this one was written is unknown.
          .catch(() => undefined);
        if (answer?.status !== 201) return;
        acknowledged.push(metadata.name);
      }
    };
    const writers = Array.from({ length: 4 }, write);
    return { path, untilRefused: () => Promise.all(writers).then(() => acknowledged) };
  }
});

function isPodReady({ status }: Pod): boolean {
  return status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
}

function restartFacts({ metadata, status }: Pod): string {
  const restarts = status.containerStatuses?.map(({ restartCount, containerID }) => `${restartCount} ${containerID}`);
  return `${metadata.name} ${metadata.uid} ${restarts?.join()}`;
}
