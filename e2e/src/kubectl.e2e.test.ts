import { basename } from 'node:path';
import type { Deployment, Lease, NewObject, Node, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { findAllKubectls } from './testbed/kubectl.ts';
import { Kubectl } from './testbed/kubectl-session.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { restartsOf } from './testbed/pods.ts';

const docker = openEngine();
const images = ['gantry-e2e/kubectl:1', 'gantry-e2e/kubectl:2'] as const;
const [image, newerImage] = images;

const paths = await findAllKubectls();
const versions = paths.map((path) => ({ version: basename(path).replace('kubectl.', ''), path }));
const oldestAndNewest = versions.filter((_, index) => index === 0 || index === versions.length - 1);
const others = versions.filter((entry) => !oldestAndNewest.includes(entry));

let test: LocalTestCluster;

beforeAll(async () => {
  for (const name of images) await buildBusyboxImage(docker, name);
  test = await LocalTestCluster.start(['--no-demo', '--node-cpu', '4', '--node-memory', '8Gi']);
});

afterAll(async () => {
  await test?.stop();
  await removeImages(docker, images);
});

/** An unmodified kubectl, told nothing but the kubeconfig. */
describe.each(oldestAndNewest)('kubectl $version', ({ version, path }) => {
  let kubectl: Kubectl;
  const namespace = `full-${version.replaceAll('.', '-')}`;

  beforeAll(async () => {
    kubectl = new Kubectl({ path, kubeconfig: test.cluster.kubeconfig, namespace });
    expect(await kubectl.must('create', 'namespace', namespace)).toBe(`namespace/${namespace} created\n`);
  });

  afterAll(async () => {
    await kubectl.must('delete', 'namespace', namespace);
  });

  it('talks to a server of a version it knows how to print', async () => {
    const { serverVersion } = await kubectl.json<{ serverVersion: { gitVersion: string } }>('version');
    expect(serverVersion.gitVersion).toMatch(/^v1\.36\./);
    expect(await kubectl.must('cluster-info')).toContain('is running at');
  });

  it('lists nodes', async () => {
    const table = await kubectl.must('get', 'nodes');
    expect(table).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\n/);
    for (const name of ['node-1', 'node-2', 'node-3']) expect(table).toMatch(new RegExp(`^${name} +Ready +`, 'm'));
    expect(await kubectl.must('get', 'nodes', '-o', 'wide')).toMatch(/CONTAINER-RUNTIME/);
    expect(await kubectl.must('describe', 'node', 'node-1')).toMatch(/Allocated resources:/);
  });

  it('creates objects of each kind that has a subcommand', async () => {
    await kubectl.must('create', 'configmap', 'settings', '--from-literal=key=value');
    await kubectl.must('create', 'secret', 'generic', 'credentials', '--from-literal=password=s3cret');
    await kubectl.must('create', 'serviceaccount', 'robot');
    await kubectl.must('create', 'service', 'clusterip', 'plain', '--tcp=80:8080');
    expect(await kubectl.must('get', 'configmap', 'settings', '-o', 'jsonpath={.data.key}')).toBe('value');
    expect(
      await kubectl.must('get', 'secret', 'credentials', '-o', 'go-template={{.data.password | base64decode}}'),
    ).toBe('s3cret');
    expect(await kubectl.refused(['create', 'configmap', 'settings'])).toBe(
      'error: failed to create configmap: configmaps "settings" already exists\n',
    );
  });

  it('creates, scales and exposes a Deployment', async () => {
    await kubectl.must('create', 'deployment', 'web', `--image=${image}`, '--replicas=2', '--port=8080');
    expect(await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=90s')).toContain(
      'successfully rolled out',
    );
    expect(await kubectl.must('scale', 'deployment', 'web', '--replicas=3')).toBe('deployment.apps/web scaled\n');
    await kubectl.must('wait', '--for=jsonpath={.status.readyReplicas}=3', 'deployment/web', '--timeout=90s');
    expect(await kubectl.must('expose', 'deployment', 'web', '--port=80', '--target-port=8080')).toBe(
      'service/web exposed\n',
    );
    expect(await kubectl.must('get', 'service', 'web')).toMatch(
      /^web +ClusterIP +\d+\.\d+\.\d+\.\d+ +<none> +80\/TCP/m,
    );
    await waitUntil('the Service has endpoints', 60_000, async () =>
      / 8080 /.test(await kubectl.must('get', 'endpointslices', '-l', 'kubernetes.io/service-name=web')),
    );
    expect(await kubectl.must('get', 'all')).toMatch(/deployment\.apps\/web +3\/3 +3 +3/);
  });

  it('rolls out, undoes, restarts and shows the history', async () => {
    expect(await kubectl.must('set', 'image', 'deployment/web', `*=${newerImage}`)).toContain('image updated');
    await rolledOut();
    expect(await imagesOfPods()).toEqual([newerImage, newerImage, newerImage]);
    await kubectl.must('set', 'resources', 'deployment/web', '--requests=cpu=15m', '--limits=memory=64Mi');
    await kubectl.must('set', 'env', 'deployment/web', 'COLOUR=blue');
    await rolledOut();
    expect(await kubectl.must('rollout', 'history', 'deployment/web')).toMatch(
      /REVISION +CHANGE-CAUSE\n1 .*\n2 .*\n3 .*\n4 /,
    );
    expect(await kubectl.must('rollout', 'history', 'deployment/web', '--revision=4')).toContain('COLOUR:\tblue');
    expect(await kubectl.must('rollout', 'undo', 'deployment/web', '--to-revision=1')).toContain('rolled back');
    await rolledOut();
    expect(await imagesOfPods()).toEqual([image, image, image]);
    const before = await kubectl.must('get', 'pods', '-o', 'name');
    expect(await kubectl.must('rollout', 'restart', 'deployment/web')).toBe('deployment.apps/web restarted\n');
    await rolledOut();
    expect(await kubectl.must('get', 'pods', '-o', 'name')).not.toBe(before);
    await kubectl.must('rollout', 'pause', 'deployment/web');
    await kubectl.must('rollout', 'resume', 'deployment/web');
  });

  it('shows objects in every output', async () => {
    const [first] = (await pods()).map(({ metadata }) => metadata.name);
    expect(await kubectl.must('get', 'pods', '-o', 'wide')).toMatch(/NOMINATED NODE +READINESS GATES/);
    expect(await kubectl.must('get', 'pod', first ?? '', '-o', 'yaml')).toMatch(/^kind: Pod$/m);
    expect(await kubectl.must('get', 'pods', '-o', 'name')).toContain(`pod/${first}\n`);
    expect(await kubectl.must('get', 'pods', '-o', 'custom-columns=N:.metadata.name')).toContain(first);
    expect(await kubectl.must('get', 'pods', '-l', 'app=web', '--show-labels')).toContain('app=web,pod-template-hash=');
    expect(await kubectl.must('get', 'pods', '--field-selector', 'status.phase=Failed')).toBe('');
    expect(await kubectl.must('get', 'pods', '--sort-by=.metadata.name', '--no-headers', '-A')).toContain(first);
    const description = await kubectl.must('describe', 'pod', first ?? '');
    expect(description).toMatch(/Events:[\s\S]*Scheduled[\s\S]*Pulled[\s\S]*Created[\s\S]*Started/);
    expect(await kubectl.must('describe', 'deployment', 'web')).toMatch(
      /3 desired \| 3 updated \| 3 total \| 3 available/,
    );
  });

  it('follows changes with get -w', async () => {
    await using watching = kubectl.start('get', 'pods', '-w');
    await watching.waitFor(/^web-/m);
    expect(await kubectl.must('run', 'one', `--image=${image}`, '--labels=role=extra')).toBe('pod/one created\n');
    await watching.waitFor(/^one +1\/1 +Running /m);
    await kubectl.must('delete', 'pod', 'one', '--grace-period=1');
    await watching.waitFor(/^one +\S+ +(Terminating|Completed|Error) /m);
  });

  it('follows logs until the pod goes, and shows those of the run before', async () => {
    const count = 'i=0; trap "exit 0" TERM; while :; do i=$((i+1)); echo "line $i"; sleep 0.2; done';
    await kubectl.must('run', 'counter', `--image=${image}`, '--command', '--', '/bin/sh', '-c', count);
    await kubectl.must('wait', '--for=condition=Ready', 'pod/counter', '--timeout=90s');
    await using following = kubectl.start('logs', '-f', 'counter');
    await following.waitFor(/^line 1\n/);
    await following.waitFor(/^line 12$/m);
    await kubectl.must('delete', 'pod', 'counter', '--grace-period=1');
    expect(await following.exited).toBe(0);
    await kubectl.must(
      'run',
      'crasher',
      `--image=${image}`,
      '--command',
      '--',
      '/bin/sh',
      '-c',
      'echo "run failed"; exit 3',
    );
    await test.waitFor<Pod>('the pod was restarted', `/api/v1/namespaces/${namespace}/pods`, (found) =>
      found.some((pod) => pod.metadata.name === 'crasher' && restartsOf(pod) > 0),
    );
    expect(await kubectl.must('logs', 'crasher', '--previous')).toBe('run failed\n');
    // The second run may be under way only.
    await waitUntil('it has failed again', 60_000, async () =>
      /CrashLoopBackOff|Error/.test(await kubectl.must('get', 'pod', 'crasher')),
    );
    expect(await kubectl.must('logs', 'crasher', '--tail=1', '--timestamps')).toMatch(/^\d{4}-\S+Z run failed\n$/);
    await kubectl.must('delete', 'pod', 'crasher', '--now');
  });

  it('edits, labels, annotates and patches in three ways', async () => {
    const env = { KUBE_EDITOR: "sed -i -e 's/replicas: 3/replicas: 2/'" };
    const edited = await kubectl.run(['edit', 'deployment', 'web'], { env });
    expect([edited.code, edited.stdout]).toEqual([0, 'deployment.apps/web edited\n']);
    expect(await kubectl.must('label', 'deployment', 'web', 'team=shop')).toBe('deployment.apps/web labeled\n');
    expect(await kubectl.refused(['label', 'deployment', 'web', 'team=other'])).toContain(
      "'team' already has a value (shop)",
    );
    expect(await kubectl.must('annotate', 'deployment', 'web', 'note=seen')).toMatch(
      /^deployment\.apps\/web annotated?\n$/,
    );
    const container = {
      spec: { template: { spec: { containers: [{ name: 'kubectl', env: [{ name: 'A', value: '1' }] }] } } },
    };
    await kubectl.must('patch', 'deployment', 'web', '-p', JSON.stringify(container));
    await kubectl.must('patch', 'deployment', 'web', '--type=merge', '-p', '{"metadata":{"labels":{"team":null}}}');
    await kubectl.must(
      'patch',
      'deployment',
      'web',
      '--type=json',
      '-p',
      '[{"op":"test","path":"/spec/replicas","value":2},{"op":"replace","path":"/spec/replicas","value":1}]',
    );
    const { metadata, spec } = await kubectl.json<Deployment>('get', 'deployment', 'web');
    expect(metadata.labels).toEqual({ app: 'web' });
    expect(metadata.annotations?.note).toBe('seen');
    expect(spec.replicas).toBe(1);
    expect(spec.template.spec.containers).toMatchObject([{ image, env: [{ name: 'A', value: '1' }] }]);
    await rolledOut();
  });

  it('applies, says what is unchanged, and shows what would change', async () => {
    const yaml = (replicas: number) => deploymentYaml('applied', replicas);
    expect(await kubectl.feed(yaml(1), 'apply', '-f', '-')).toBe('deployment.apps/applied created\n');
    expect(await kubectl.feed(yaml(1), 'apply', '-f', '-')).toBe('deployment.apps/applied unchanged\n');
    expect((await kubectl.run(['diff', '-f', '-'], { input: yaml(1) })).code).toBe(0);
    const different = await kubectl.run(['diff', '-f', '-'], { input: yaml(2) });
    expect(different.code).toBe(1);
    expect(different.stdout).toMatch(/^-\s+replicas: 1\n\+\s+replicas: 2$/m);
    expect(await kubectl.feed(yaml(2), 'apply', '-f', '-', '--dry-run=server')).toContain(
      'configured (server dry run)',
    );
    expect(await kubectl.feed(yaml(2), 'apply', '-f', '-')).toBe('deployment.apps/applied configured\n');
    const misspelt = yaml(2).replace('replicas:', 'replica:');
    expect(await kubectl.refused(['apply', '-f', '-'], misspelt)).toContain('unknown field "spec.replica"');
    expect(await kubectl.feed(yaml(2), 'delete', '-f', '-')).toMatch(/^deployment\.apps "applied" deleted/);
  });

  it('cordons, taints and drains a node', async () => {
    await kubectl.must('scale', 'deployment', 'web', '--replicas=3');
    await rolledOut();
    expect(await kubectl.must('cordon', 'node-3')).toBe('node/node-3 cordoned\n');
    expect(await kubectl.must('get', 'nodes')).toMatch(/^node-3 +Ready,SchedulingDisabled /m);
    expect(await kubectl.must('drain', 'node-3', '--ignore-daemonsets', '--force', '--timeout=90s')).toMatch(
      /node-3 (drained|evicted)/,
    );
    await rolledOut();
    expect((await pods()).filter(({ spec }) => spec.nodeName === 'node-3')).toEqual([]);
    expect(await kubectl.must('uncordon', 'node-3')).toBe('node/node-3 uncordoned\n');
    expect(await kubectl.must('taint', 'node', 'node-3', 'example.com/kept=for-tests:NoSchedule')).toBe(
      'node/node-3 tainted\n',
    );
    await kubectl.must('scale', 'deployment', 'web', '--replicas=6');
    await rolledOut();
    expect((await pods()).filter(({ spec }) => spec.nodeName === 'node-3')).toEqual([]);
    expect(await kubectl.must('taint', 'node', 'node-3', 'example.com/kept-')).toBe('node/node-3 untainted\n');
  });

  it('explains kinds and lists resources and events', async () => {
    expect(await kubectl.must('explain', 'deployment.spec.strategy.rollingUpdate')).toContain('maxSurge');
    expect(await kubectl.must('explain', 'pod', '--recursive')).toContain('terminationGracePeriodSeconds');
    const resources = await kubectl.must('api-resources');
    for (const row of [/^pods +po +v1 +true +Pod$/m, /^deployments +deploy +apps\/v1 +true +Deployment$/m])
      expect(resources).toMatch(row);
    expect(await kubectl.must('api-versions')).toMatch(/^apps\/v1$/m);
    expect(await kubectl.must('events')).toMatch(/ScalingReplicaSet/);
    expect(await kubectl.must('get', 'events', '--field-selector', 'involvedObject.name=web')).toMatch(
      /ScalingReplicaSet/,
    );
    expect(await kubectl.refused(['get', 'pod', 'nobody'])).toBe(
      'Error from server (NotFound): pods "nobody" not found\n',
    );
    expect(await kubectl.refused(['get', 'unicorns'])).toContain('the server doesn\'t have a resource type "unicorns"');
  });

  it('deletes and waits for it', async () => {
    const waiting = kubectl.must('wait', '--for=delete', 'deployment/web', '--timeout=90s');
    expect(await kubectl.must('delete', 'deployment', 'web')).toMatch(/^deployment\.apps "web" deleted/);
    await waiting;
    await kubectl.must('delete', 'service,configmap', '--all');
    await test.waitFor<Pod>('no pods', `/api/v1/namespaces/${namespace}/pods`, (found) => found.length === 0);
    expect((await kubectl.run(['get', 'all'])).stderr).toBe(`No resources found in ${namespace} namespace.\n`);
  });

  function rolledOut(): Promise<string> {
    return kubectl.must('rollout', 'status', 'deployment/web', '--timeout=90s');
  }

  async function pods(): Promise<Pod[]> {
    const { items } = await kubectl.json<{ items: Pod[] }>('get', 'pods');
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  async function imagesOfPods(): Promise<(string | undefined)[]> {
    return (await pods()).map(({ spec }) => spec.containers[0]?.image);
  }
});

describe.each(others)('kubectl $version', ({ version, path }) => {
  it('runs an application from its creation to its end', async () => {
    const namespace = `short-${version.replaceAll('.', '-')}`;
    const kubectl = new Kubectl({ path, kubeconfig: test.cluster.kubeconfig, namespace });
    await kubectl.must('create', 'namespace', namespace);
    await kubectl.must('create', 'configmap', 'settings', '--from-literal=key=value');
    await kubectl.must('create', 'secret', 'generic', 'credentials', '--from-literal=password=s3cret');
    expect(await kubectl.feed(deploymentYaml('web', 1), 'apply', '-f', '-')).toBe('deployment.apps/web created\n');
    await kubectl.must('rollout', 'status', 'deployment/web', '--timeout=90s');
    expect(await kubectl.feed(deploymentYaml('web', 1), 'apply', '-f', '-')).toBe('deployment.apps/web unchanged\n');
    await kubectl.must('create', 'deployment', 'made', `--image=${image}`);
    await kubectl.must('wait', '--for=condition=Available', 'deployment/made', '--timeout=90s');
    expect(await kubectl.must('explain', 'deployment.spec.replicas')).toContain('replicas');
    expect(await kubectl.must('describe', 'deployment', 'web')).toContain('ScalingReplicaSet');
    expect(await kubectl.must('get', 'pods', '-o', 'wide')).toMatch(/node-\d/);
    await kubectl.must('delete', 'namespace', namespace);
  });
});

describe('a Node that no agent stands behind', () => {
  it('is Ready while its Lease is younger than its own duration, and not after', async () => {
    const name = 'phantom';
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const renew = (leaseDurationSeconds: number) => {
      const spec = { renewTime: microTime(), leaseDurationSeconds };
      return test.client.must('PATCH', `${leases}/${name}`, { spec }, 'application/merge-patch+json');
    };
    await test.client.must('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    // An hour: kubectl has all the time that it takes to look.
    await test.client.must('POST', leases, leaseOf(name, 3600));
    await waitForReady(name, (status) => status === 'True');
    expect(await test.kubectl.must('get', 'node', name)).toMatch(/^phantom +Ready /m);
    await renew(2);
    await waitForReady(name, (status) => status !== 'True');
    expect(await test.kubectl.must('get', 'node', name)).toMatch(/^phantom +NotReady /m);
    await renew(3600);
    await waitForReady(name, (status) => status === 'True');
    await test.kubectl.must('delete', 'node', name);
  });

  async function waitForReady(name: string, until: (status: string | undefined) => boolean): Promise<void> {
    await test.waitFor<Node>(`${name} is as wanted`, '/api/v1/nodes', (nodes) => {
      const node = nodes.find(({ metadata }) => metadata.name === name);
      const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
      return until(ready?.status);
    });
  }
});

function leaseOf(name: string, leaseDurationSeconds: number): NewObject<Lease> {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name, leaseDurationSeconds, renewTime: microTime() },
  } as NewObject<Lease>;
}

/** Now. Lease times have microseconds. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

function deploymentYaml(name: string, replicas: number): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: main
          image: ${image}
`;
}
