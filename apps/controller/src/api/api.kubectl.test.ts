import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKubectl, type Kubectl } from './testing/kubectl.ts';
import { type ServedKubectl, serveKubectl } from './testing/serve-kubectl.ts';
import { createTestApi, type TestApi } from './testing/test-api.ts';

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx:1
        ports: [{containerPort: 80}]
        env: [{name: A, value: "1"}]
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 80}]
`;

describe.each(['1.27', '1.30', '1.33'])('kubectl %s', { timeout: 60_000 }, (version) => {
  const binary = findKubectl(version);
  if (!binary) {
    it.skip(`is not installed: no kubectl.${version} beside the kubectl on the PATH`, () => undefined);
    return;
  }
  let api: TestApi;
  let rig: ServedKubectl<TestApi>;
  let kubectl: Kubectl;
  beforeAll(async () => {
    rig = await serveKubectl(binary, createTestApi, (made) => made);
    ({ served: api, kubectl } = rig);
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  /** Standard output of a command that must succeed. */
  const run = async (line: string, stdin?: string) => {
    const result = await kubectl(line.split(' '), stdin);
    expect({ line, ...result, stdout: '' }).toMatchObject({ code: 0 });
    return result.stdout;
  };
  /** Standard error of a command that must fail. */
  const fail = async (line: string, stdin?: string) => {
    const result = await kubectl(line.split(' '), stdin);
    expect(result.code).not.toBe(0);
    return result.stderr;
  };

  it('learns version and resources', async () => {
    expect(await run('version')).toContain('v1.36.');
    const resources = await run('api-resources');
    expect(resources).toMatch(/deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/);
    expect(resources).toMatch(/endpointslices\s+discovery\.k8s\.io\/v1/);
    expect(resources).toMatch(/endpoints\s+ep\s+v1\s+true\s+Endpoints/);
    expect(await run('get ep')).toMatch(/NAME\s+ENDPOINTS\s+AGE\nkubernetes\s+<none>/);
    expect(await run('api-versions')).toContain('coordination.k8s.io/v1');
  });

  it('applies a manifest with validation, and again without a change', async () => {
    expect(await run('apply -f -', manifest)).toBe('deployment.apps/web created\nservice/web created\n');
    expect(await run('apply -f -', manifest)).toBe('deployment.apps/web unchanged\nservice/web unchanged\n');
    const changed = manifest.replace('value: "1"', 'value: "2"');
    expect(await run('apply -f -', changed)).toBe('deployment.apps/web configured\nservice/web unchanged\n');
    expect(await run('get deploy web -o jsonpath={.spec.template.spec.containers[0].env[0].value}')).toBe('2');
    expect((await kubectl(['diff', '-f', '-'], changed)).code).toBe(0);
  });

  it('refuses a misspelt field', async () => {
    const stderr = await fail(
      'apply -f -',
      manifest.replace('replicas:', 'replcas:').replace('name: web', 'name: typo'),
    );
    expect(stderr).toContain('replcas');
  });

  it('refuses what the server refuses, in its words', async () => {
    expect(await fail('get pod nope')).toBe('Error from server (NotFound): pods "nope" not found\n');
    expect(await fail('create ns default')).toBe(
      'Error from server (AlreadyExists): namespaces "default" already exists\n',
    );
    expect(await fail('create cm x -n nowhere')).toContain('namespaces "nowhere" not found');
    expect(await fail('scale deploy web --replicas=-1')).toContain('--replicas');
    expect(await fail('get nothing')).toContain('the server doesn\'t have a resource type "nothing"');
  });

  it('gets in every form', async () => {
    expect(await run('get deploy')).toMatch(/^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+0\/2/);
    expect(await run('get deploy -o wide')).toMatch(/CONTAINERS\s+IMAGES\s+SELECTOR\n.*nginx:1\s+app=web/);
    expect(await run('get deploy web -o yaml')).toContain('kind: Deployment');
    expect(await run('get deploy,svc -o name')).toContain('service/web');
    expect(await run('get ns --show-labels')).toContain('kubernetes.io/metadata.name=default');
    expect(await run('get svc -A')).toMatch(/default\s+kubernetes\s+ClusterIP\s+10\.96\.0\.1/);
    expect((await kubectl(['get', 'pods'])).stderr).toContain('No resources found in default namespace.');
  });

  it('creates with generators', async () => {
    expect(await run('create deployment gen --image=nginx:1 --replicas=2')).toBe('deployment.apps/gen created\n');
    expect(await run('create configmap settings --from-literal=a=b')).toBe('configmap/settings created\n');
    expect(await run('create secret generic key --from-literal=k=v')).toBe('secret/key created\n');
    expect(await run('get secret key -o jsonpath={.data.k}')).toBe('dg==');
    expect(await run('create namespace made')).toBe('namespace/made created\n');
    expect(await run('create sa robot')).toBe('serviceaccount/robot created\n');
    expect(await run('run one --image=nginx:1 --labels=app=one')).toBe('pod/one created\n');
    expect(await run('expose deploy gen --port=80')).toBe('service/gen exposed\n');
    expect(await run('create service nodeport np --tcp=80:80')).toBe('service/np created\n');
  });

  it('changes objects', async () => {
    expect(await run('label deploy web tier=front')).toBe('deployment.apps/web labeled\n');
    expect(await run('annotate deploy web note=x')).toMatch(/^deployment.apps\/web annotated?\n$/);
    expect(await run('scale deploy web --replicas=5')).toBe('deployment.apps/web scaled\n');
    expect(await run('set image deploy/web web=nginx:2')).toBe('deployment.apps/web image updated\n');
    expect(await run('set resources deploy/web --requests=cpu=100m')).toContain('resource requirements updated');
    expect(await run('set env deploy/web B=2')).toContain('env updated');
    expect(await run('rollout restart deploy/web')).toBe('deployment.apps/web restarted\n');
    expect(await run('rollout pause deploy/web')).toBe('deployment.apps/web paused\n');
    expect(await run('patch deploy web -p {"spec":{"minReadySeconds":3}}')).toBe('deployment.apps/web patched\n');
    expect(await run('patch deploy web --type=json -p [{"op":"replace","path":"/spec/replicas","value":3}]')).toContain(
      'patched',
    );
    const fields = '{.spec.replicas} {.spec.minReadySeconds} {.spec.template.spec.containers[0].image}';
    expect((await kubectl(['get', 'deploy', 'web', '-o', `jsonpath=${fields}`])).stdout).toBe('3 3 nginx:2');
    const replaced = await run('get cm settings -o yaml');
    expect(await run('replace -f -', replaced.replace('a: b', 'a: c'))).toBe('configmap/settings replaced\n');
  });

  it('describes and explains', async () => {
    const described = await run('describe deploy web');
    expect(described).toMatch(/Name:\s+web/);
    expect(described).toMatch(/Replicas:\s+3 desired/);
    expect(await run('describe pod one')).toMatch(/Status:\s+Pending/);
    const explained = await run('explain deployment.spec.replicas');
    expect(explained).toContain('replicas');
    expect(explained.toLowerCase()).toContain('integer');
    expect(await run('explain pod.spec.containers')).toContain('image');
  });

  it('waits and lists events', async () => {
    expect((await kubectl(['wait', '--for=jsonpath={.spec.replicas}=3', 'deploy/web', '--timeout=10s'])).code).toBe(0);
    const deleting = kubectl(['wait', '--for=delete', 'cm/settings', '--timeout=20s']);
    expect(await run('delete cm settings')).toBe('configmap "settings" deleted\n');
    expect((await deleting).code).toBe(0);
    expect((await kubectl(['events'])).code).toBe(0);
    expect((await kubectl(['get', 'events'])).code).toBe(0);
  });

  it('watches', async () => {
    const watching = kubectl(['get', 'cm', 'watched', '-w', '--request-timeout=3s', '-o', 'name']);
    await run('create cm watched');
    expect((await kubectl(['get', 'cm', '-w', '--request-timeout=2s'])).stdout).toContain('watched');
    await watching;
  });

  it('asks who it is and what it may', async () => {
    expect(await run('auth can-i delete pods')).toBe('yes\n');
    expect(await run('auth whoami')).toContain('kubernetes-admin');
    expect(await run('auth can-i --list')).toContain('*.*');
  });

  it('cordons a node and deletes by selector', async () => {
    await api.client.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: {} });
    expect(await run('cordon n1')).toBe('node/n1 cordoned\n');
    expect(await run('get nodes')).toContain('SchedulingDisabled');
    expect(await run('drain n1')).toContain('node/n1 drained');
    expect(await run('taint node n1 a=b:NoSchedule')).toBe('node/n1 tainted\n');
    expect(await run('delete pod -l app=one')).toBe('pod "one" deleted\n');
    expect(await run('delete -f -', manifest)).toContain('deployment.apps "web" deleted');
    expect(await run('delete cm --all')).toContain('deleted');
  });
});
