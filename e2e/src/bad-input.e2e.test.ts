import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Deployment, Node, Pod } from '@gantry/api-types';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientFrame, joinAs, openAgentSocket } from './testbed/agent-socket.ts';
import {
  type BadRequest,
  badRequests,
  canary,
  canaryImage,
  deploymentsPath,
  podsPath,
} from './testbed/bad-requests.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady, restartsOf } from './testbed/pods.ts';

const docker = openEngine();

/** What a user may send by mistake, or somebody on purpose: the answer is Kubernetes' own, and nothing else notices. */
describe('a cluster that is sent nonsense', () => {
  let test: LocalTestCluster;
  let quiet: unknown;

  beforeAll(async () => {
    await buildBusyboxImage(docker, canaryImage);
    test = await LocalTestCluster.start(['--no-demo', '--node-cpu', '4', '--node-memory', '8Gi']);
    await test.client.must('POST', deploymentsPath, canary);
    await waitForCanary(3);
    quiet = await quietFacts();
  });

  afterEach(async () => {
    expect(await quietFacts()).toEqual(quiet);
  });

  afterAll(async () => {
    await test?.stop();
    await removeImages(docker, [canaryImage]);
  });

  it.each(badRequests)('answers $what with $code $reason', async (bad) => {
    const { status, text } = await send(bad);
    const answer = JSON.parse(text) as { message: string };
    expect(answer).toMatchObject({
      apiVersion: 'v1',
      kind: 'Status',
      status: 'Failure',
      code: bad.code,
      reason: bad.reason,
    });
    expect(status).toBe(bad.code);
    if (typeof bad.message === 'string') expect(answer.message).toBe(bad.message);
    else expect(answer.message).toMatch(bad.message);
  });

  it.each(['Bearer nonsense', 'Basic YWRtaW46YWRtaW4=', 'Bearer'])(
    'answers the credential "%s" with 401',
    async (authorization) => {
      const { status, text } = await send({ method: 'GET', path: podsPath }, { authorization });
      expect([status, JSON.parse(text)]).toMatchObject([401, { reason: 'Unauthorized', message: 'Unauthorized' }]);
    },
  );

  it('shows them to users of kubectl, which goes on with the rest of a file', async () => {
    const { kubectl } = test;
    const good = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: good }\n';
    const bad = 'apiVersion: v1\nkind: Pod\nmetadata: { name: bad }\nspec: { containers: [{ name: a, imagee: b }] }\n';
    const { code, stdout, stderr } = await kubectl.run(['apply', '-f', '-'], { input: `${good}---\n${bad}` });
    expect([code, stdout]).toEqual([1, 'configmap/good created\n']);
    expect(stderr).toContain('strict decoding error: unknown field "spec.containers[0].imagee"');
    expect(await kubectl.refused(['apply', '-f', '-'], 'a: [1')).toContain(
      'error parsing STDIN: error converting YAML to JSON',
    );
    await kubectl.must('delete', 'configmap', 'good');
  });

  it.each([
    ['noise', randomBytes(4096)],
    ['a request line without an end', Buffer.from(`GET /${'x'.repeat(200_000)}`)],
    ['headers without an end', Buffer.from(`GET /api HTTP/1.1\r\n${'a: b\r\n'.repeat(20_000)}`)],
    [
      'a body shorter than it says',
      Buffer.from('POST /api/v1/pods HTTP/1.1\r\nhost: x\r\ncontent-length: 999\r\n\r\n{'),
    ],
    [
      'an upgrade to something else',
      Buffer.from('GET /api HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    ],
  ])('survives %s, in the clear and within TLS', async (_, bytes) => {
    const { server, caPem } = test.cluster.address;
    const { hostname: host, port } = new URL(server);
    const clear = () => connect({ host, port: Number(port) });
    const withinTls = () => connectTls({ host, port: Number(port), ca: caPem });
    for (const open of [clear, withinTls]) {
      const socket = open();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      // A reset is one way to be refused.
      socket.on('error', () => socket.destroy());
      socket.resume();
      socket.end(bytes);
      socket.setTimeout(2_000, () => socket.destroy());
      await closed;
    }
  });

  it('refuses an agent with a wrong token', async () => {
    const { address } = test.cluster;
    const join = await joinAs(address, { bootstrapToken: 'abcdef.0123456789abcdef', nodeName: 'intruder' });
    expect(join.status).toBe(401);
    expect((await openAgentSocket(address, 'wrong')).status).toBe(401);
    // A user's token is known here, but it is no node's.
    expect((await openAgentSocket(address, address.token)).status).toBe(403);
    expect((await joinAs(address, { bootstrapToken: address.token, nodeName: 'node-1' })).status).toBe(401);
  });

  it.each([
    ['noise', randomBytes(64)],
    ['an opcode that does not exist', clientFrame(7, Buffer.from('x'))],
    ['a frame without a mask', Buffer.from([0x81, 2, 0x7b, 0x7d])],
    ['a frame of impossible length', Buffer.from([0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0])],
    ['a text that is not JSON', clientFrame(1, Buffer.from('{"type":'))],
    ['JSON that is no message', clientFrame(1, Buffer.from('[1,2]'))],
  ])("closes an agent's connection that sends %s", async (_, bytes) => {
    const { address } = test.cluster;
    const socket = await openAgentSocket(address, await credentialOf('ghost'));
    expect(socket.status).toBe(101);
    socket.send(bytes);
    await socket.closed;
  });

  it('goes on working: the canary can still grow and shrink', async () => {
    const scale = (replicas: number) =>
      test.client.must('PATCH', `${deploymentsPath}/canary`, { spec: { replicas } }, 'application/merge-patch+json');
    await scale(5);
    await waitForCanary(5);
    await scale(3);
    const pods = await test.waitFor<Pod>('three pods are left', podsPath, (found) => found.length === 3);
    expect(pods.filter((pod) => restartsOf(pod) > 0)).toEqual([]);
    quiet = await quietFacts();
  });

  let credential: string | undefined;

  async function credentialOf(nodeName: string): Promise<string> {
    if (credential !== undefined) return credential;
    // What `gantry join` makes, in the form that kubeadm gave it.
    const [id, secret] = ['e2etok', 'a0123456789bcdef'];
    await test.client.must('POST', '/api/v1/namespaces/kube-system/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `bootstrap-token-${id}` },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        'token-id': id,
        'token-secret': secret,
        expiration: new Date(Date.now() + 60_000).toISOString(),
        'usage-bootstrap-authentication': 'true',
      },
    });
    const { status, body } = await joinAs(test.cluster.address, { bootstrapToken: `${id}.${secret}`, nodeName });
    expect(status).toBe(201);
    credential = body.token ?? '';
    return credential;
  }

  async function waitForCanary(replicas: number): Promise<void> {
    await test.waitFor<Deployment>(`${replicas} canaries`, deploymentsPath, (found) =>
      found.some(({ status }) => status?.availableReplicas === replicas && status.updatedReplicas === replicas),
    );
  }

  /** What must be the same before and after. */
  async function quietFacts(): Promise<unknown> {
    const { items: pods } = await test.client.json<{ items: Pod[] }>(podsPath);
    const { items: nodes } = await test.client.json<{ items: Node[] }>('/api/v1/nodes');
    const { controller, nodes: agents } = await test.cluster.state();
    for (const { pid } of [controller, ...agents.map((agent) => agent.process)]) process.kill(pid, 0);
    return {
      pods: pods
        .map(
          (pod) =>
            `${pod.metadata.uid} ${isPodReady(pod)} ${restartsOf(pod)} ${pod.status.containerStatuses?.[0]?.containerID}`,
        )
        .toSorted(),
      nodes: nodes.map(({ metadata, status }) => {
        const ready = status.conditions?.find(({ type }) => type === 'Ready');
        return `${metadata.name} ${ready?.status} since ${ready?.lastTransitionTime}`;
      }),
    };
  }

  function send(
    bad: Pick<BadRequest, 'method' | 'path' | 'body' | 'type'>,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string }> {
    const { server, caPem: ca, token } = test.cluster.address;
    const { method = 'POST', path, body, type = 'application/json' } = bad;
    const data = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const all = { authorization: `Bearer ${token}`, 'content-type': type, ...headers };
    return new Promise((resolve, reject) => {
      const call = request(new URL(path, server), { method, ca, agent: false, headers: all }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      call.on('error', reject);
      call.end(data);
    });
  }
});
