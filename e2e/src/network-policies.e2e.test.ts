import type { Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const image = 'gantry-e2e/policy-peer:1';
const podsPath = '/api/v1/pods';

/** What may reach what, tried from inside the pods: on the same node, from another one, and from another namespace. */
describe('NetworkPolicies', () => {
  let test: LocalTestCluster;
  let dbIp: string;
  let webIp: string;

  beforeAll(async () => {
    await buildBusyboxImage(docker, image, [
      '/bin/sh',
      '-c',
      'trap "exit 0" TERM; mkdir -p /www; hostname >/www/index.html; httpd -f -p 8080 -h /www & httpd -f -p 9090 -h /www & wait',
    ]);
    test = await LocalTestCluster.start(['--no-demo']);
    await test.kubectl.must('create', 'namespace', 'ops');
    await test.kubectl.must('label', 'namespace', 'ops', 'team=ops');
    await apply(pod('db', 'default', 'node-1'), pod('web', 'default', 'node-2'), pod('stranger', 'default', 'node-1'));
    await test.kubectl.in('ops').feed(JSON.stringify(pod('operator', 'ops', 'node-3')), 'apply', '-f', '-');
    const pods = await test.waitFor<Pod>(
      'the pods are Ready',
      podsPath,
      (all) => all.length === 4 && all.every(isPodReady),
    );
    const ipOf = (name: string) => pods.find(({ metadata }) => metadata.name === name)?.status.podIP ?? '';
    dbIp = ipOf('db');
    webIp = ipOf('web');
    await eventually({ web: true, stranger: true, operator: true });
  });

  afterAll(async () => {
    await test?.stop();
    await removeImages(docker, [image]);
  });

  it('keep everybody from a pod that nothing is allowed for, but not the probes of its node', async () => {
    await apply(policy('db-in', { podSelector: { matchLabels: { app: 'db' } } }));
    await eventually({ web: false, stranger: false, operator: false });
    const [db] = (await test.waitFor<Pod>('db is probed', '/api/v1/namespaces/default/pods', () => true)).filter(
      ({ metadata }) => metadata.name === 'db',
    );
    expect(db && isPodReady(db)).toBe(true);
  });

  it('let the pods through that a rule names, on its ports only', async () => {
    await apply(
      policy('db-in', {
        podSelector: { matchLabels: { app: 'db' } },
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 'http' }] }],
      }),
    );
    await eventually({ web: true, stranger: false, operator: false });
    expect(await reaches('web', 'default', `${dbIp}:9090`)).toBe(false);
  });

  it('add up, and select namespaces by their labels', async () => {
    await apply(
      policy('db-ops', {
        podSelector: { matchLabels: { app: 'db' } },
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'ops' } } }] }],
      }),
    );
    await eventually({ web: true, stranger: false, operator: true });
    await test.kubectl.must('label', 'pod', 'stranger', 'app=web', '--overwrite');
    await eventually({ web: true, stranger: true, operator: true });
    await test.kubectl.must('label', 'pod', 'stranger', 'app=stranger', '--overwrite');
  });

  it('restrict what a pod may reach, and leave it names', async () => {
    await apply(
      policy('web-out', {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: { matchLabels: { app: 'db' } } }] }],
      }),
    );
    await waitUntil('web reaches db only', 60_000, async () => {
      const stranger = (await podOf('stranger')).status.podIP;
      return (
        (await reaches('web', 'default', `${dbIp}:8080`)) && !(await reaches('web', 'default', `${stranger}:8080`))
      );
    });
    await test.kubectl.must('exec', 'web', '--', 'nslookup', 'kubernetes.default.svc.cluster.local');
    // It is the others that web may not reach, not the other way round.
    await waitUntil('the stranger reaches web', 60_000, () => reaches('stranger', 'default', `${webIp}:8080`));
  });

  it('are over when they are deleted', async () => {
    await test.kubectl.must('delete', 'networkpolicy', '--all');
    await eventually({ web: true, stranger: true, operator: true });
  });

  function apply(...objects: readonly object[]): Promise<string> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    return test.kubectl.feed(JSON.stringify(list), 'apply', '-f', '-');
  }

  async function podOf(name: string): Promise<Pod> {
    return test.kubectl.json<Pod>('get', 'pod', name);
  }

  async function eventually(expected: Record<'web' | 'stranger' | 'operator', boolean>): Promise<void> {
    let seen = {};
    await waitUntil(`db is reached by ${JSON.stringify(expected)}`, 60_000, async () => {
      const [web, stranger, operator] = await Promise.all([
        reaches('web', 'default', `${dbIp}:8080`),
        reaches('stranger', 'default', `${dbIp}:8080`),
        reaches('operator', 'ops', `${dbIp}:8080`),
      ]);
      seen = { web, stranger, operator };
      return JSON.stringify(seen) === JSON.stringify(expected);
    });
    expect(seen).toEqual(expected);
  }

  /** Refused packets are dropped: a connection that is not allowed takes the whole second. */
  async function reaches(from: string, namespace: string, address: string): Promise<boolean> {
    const connect = `echo | nc -w 1 ${address.replace(':', ' ')}`;
    const { code } = await test.kubectl.in(namespace).run(['exec', from, '--', 'sh', '-c', connect]);
    return code === 0;
  }
});

function pod(name: string, namespace: string, node: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      nodeSelector: { 'kubernetes.io/hostname': node },
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'main',
          image,
          imagePullPolicy: 'Never',
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
        },
      ],
    },
  };
}

function policy(name: string, spec: object): object {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec };
}
