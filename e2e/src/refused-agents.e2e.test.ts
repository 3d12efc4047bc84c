import { randomBytes } from 'node:crypto';
import type { Node } from '@gantry/api-types';
import { agentProtocol, closeCodes } from '@gantry/api-types/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { connections } from './testbed/agent-logs.ts';
import { clientFrame, closeCodeIn, joinAs, openAgentSocket } from './testbed/agent-socket.ts';
import { useCluster } from './testbed/use-cluster.ts';
import { identities, type Workload } from './testbed/workload.ts';

/** What comes to the agents' door that is no good agent: nobody else may notice. */
describe('a cluster that others knock at', () => {
  const { cluster, deploy } = useCluster(['host-1', 'host-2']);

  it('refuses a host with a wrong or an expired token, says why and disturbs nothing', async () => {
    const web = await deploy('tokens', 2);
    const before = await quietFacts(web);
    const host = cluster().host('host-1');
    const line = await cluster().joinLine();
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
      const join = await joinAs(cluster(), { bootstrapToken: token, nodeName: 'intruder' });
      expect([join.status, join.body.message]).toEqual([401, message]);
    }
    expect((await openAgentSocket(cluster(), wrong)).status).toBe(401);
    expect(await quietFacts(web)).toEqual(before);
  });

  it('does not let a second host take the name of a connected node', async () => {
    const web = await deploy('names', 2);
    const before = await quietFacts(web);
    const attempt = await cluster()
      .host('host-1')
      .exec(['sh', '-c', await cluster().joinLine()], {
        GANTRY_NODE_NAME: 'host-2',
        GANTRY_AGENT_DIR: '/var/lib/intruder',
      });
    expect(attempt.exitCode).not.toBe(0);
    expect(attempt.output).toContain('a node named "host-2" is connected already');
    expect(await quietFacts(web)).toEqual(before);
  });

  describe('with an agent that breaks the protocol', () => {
    let credential: string;

    beforeAll(async () => {
      const bootstrapToken = (await cluster().joinLine()).split(' ').at(-1) ?? '';
      const { status, body } = await joinAs(cluster(), { bootstrapToken, nodeName: 'ghost' });
      expect(status).toBe(201);
      credential = body.token ?? '';
    });

    it.each<[what: string, closeCode: number, bytes: Buffer]>([
      ['a text that is not JSON', closeCodes.badFrame, clientFrame(1, Buffer.from('{"type":'))],
      ['JSON that is no frame', closeCodes.badFrame, clientFrame(1, Buffer.from('[1,2]'))],
      ['a frame before the hello', closeCodes.badFrame, clientFrame(1, Buffer.from('{"type":"usage","usage":{}}'))],
      [
        'a hello without its contents',
        closeCodes.badFrame,
        clientFrame(1, Buffer.from('{"type":"hello","protocol":1}')),
      ],
      ['a binary frame too short for a stream', closeCodes.badFrame, clientFrame(2, Buffer.from([1]))],
      ['an opcode that does not exist', 1002, clientFrame(7, Buffer.from('x'))],
      ['a text that is not UTF-8', 1007, clientFrame(1, Buffer.from([0xff, 0xfe]))],
      ['a frame without a mask', 1002, Buffer.from([0x81, 2, 0x7b, 0x7d])],
      ['a frame that says it is 2^52 bytes long', 1009, Buffer.from([0x81, 0xff, 0, 0x10, 0, 0, 0, 0, 0, 0])],
    ])('closes the session that sends %s, and no other', async (_, closeCode, bytes) => {
      const socket = await openAgentSocket(cluster(), credential);
      expect(socket.status).toBe(101);
      socket.send(bytes);
      expect(closeCodeIn(await socket.closed)).toBe(closeCode);
      expect(await connections(cluster())).toEqual([1, 1]);
      expect(await nodeNames()).toEqual(['host-1', 'host-2']);
    });

    it('closes an accepted session that goes on with noise, and no other', async () => {
      const socket = await openAgentSocket(cluster(), credential);
      const { metadata: _, ...template } = await nodeOf('host-1');
      const registration = {
        labels: { 'kubernetes.io/hostname': 'ghost' },
        capacity: template.status.capacity,
        allocatable: template.status.allocatable,
        addresses: [],
        nodeInfo: template.status.nodeInfo,
        conditions: [],
        images: [],
      };
      const hello = { type: 'hello', protocol: agentProtocol.version, agentVersion: '0', registration };
      socket.send(clientFrame(1, Buffer.from(JSON.stringify(hello))));
      await cluster().waitForReadyNodes(['ghost']);
      socket.send(Buffer.concat([Buffer.from([0xf3]), randomBytes(64)]));
      expect(closeCodeIn(await socket.closed)).toBe(1002);
      await cluster().client.must('DELETE', '/api/v1/nodes/ghost');
      expect(await connections(cluster())).toEqual([1, 1]);
    });
  });

  /** What must be the same before and after something that the cluster refuses. */
  async function quietFacts(web: Workload): Promise<unknown> {
    return {
      nodes: await nodeNames(),
      containers: identities(await web.running()),
      connected: await connections(cluster()),
    };
  }

  async function nodeNames(): Promise<string[]> {
    const { items } = await cluster().client.json<{ items: Node[] }>('/api/v1/nodes');
    return items.map(({ metadata }) => metadata.name).toSorted();
  }

  async function expireToken(token: string): Promise<void> {
    const path = `/api/v1/namespaces/kube-system/secrets/bootstrap-token-${token.slice(0, 6)}`;
    const change = { stringData: { expiration: new Date(Date.now() - 1000).toISOString() } };
    await cluster().client.must('PATCH', path, change, 'application/merge-patch+json');
  }

  async function nodeOf(name: string): Promise<Node> {
    return cluster().client.json<Node>(`/api/v1/nodes/${name}`);
  }
});
