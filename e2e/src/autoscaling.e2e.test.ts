import type { Deployment, Event, HorizontalPodAutoscaler } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, openEngine, readBusybox, removeImages } from './testbed/images.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';

const docker = openEngine();
const image = 'gantry-e2e/burner:1';
const namespace = '/api/v1/namespaces/default';
const autoscalers = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';

/** Each request takes some milliseconds of cpu. */
const burn =
  '#!/bin/sh\ni=0; while [ $i -lt 20000 ]; do i=$((i+1)); done\necho "Content-type: text/plain"; echo; echo ok\n';
const serve = 'trap "exit 0" TERM; httpd -f -p 8080 -h /www & wait $!';
/** By address: a static busybox cannot ask for names. */
const ask = [
  'trap "exit 0" TERM; while :; do',
  `printf 'GET /cgi-bin/burn HTTP/1.0\\r\\n\\r\\n' | nc -w 5 $BURNER_SERVICE_HOST $BURNER_SERVICE_PORT >/dev/null || sleep 1;`,
  'done',
].join(' ');

let test: LocalTestCluster;

beforeAll(async () => {
  await buildImage(
    docker,
    image,
    [
      'FROM scratch',
      'COPY busybox /bin/busybox',
      'RUN ["/bin/busybox","--install","-s","/bin"]',
      'COPY burn /www/cgi-bin/burn',
    ].join('\n'),
    [
      { name: 'busybox', mode: 0o755, content: await readBusybox() },
      { name: 'burn', mode: 0o755, content: burn },
    ],
  );
  // Autoscalers decide every 15 s unless told otherwise: a test need not wait that long.
  test = await LocalTestCluster.start(['--no-demo', '--nodes', '2', '--hpa-sync-period', '2']);
});

afterAll(async () => {
  await test?.stop();
  await removeImages(docker, [image]);
});

function deployment(name: string, command: string, more: object): object {
  const labels = { app: name };
  const resources = { requests: { cpu: '50m' }, limits: { cpu: '150m' } };
  const container = { name: 'main', image, command: ['/bin/sh', '-c', command], resources, ...more };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [container] },
      },
    },
  };
}

const burner = deployment('burner', serve, {
  ports: [{ containerPort: 8080 }],
  readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
});

const apply = (...items: object[]) =>
  test.kubectl.feed(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), 'apply', '-f', '-');

/** Resolves with the autoscaler once that holds. */
async function waitForAutoscaler(
  what: string,
  until: (autoscaler: HorizontalPodAutoscaler) => boolean,
): Promise<HorizontalPodAutoscaler> {
  const [found] = await test.waitFor<HorizontalPodAutoscaler>(what, autoscalers, (items) => items.some(until));
  if (!found) throw new Error(`${what}: the autoscaler is gone`);
  return found;
}

const reasonOf = ({ status }: HorizontalPodAutoscaler, type: string) =>
  status.conditions?.find((condition) => condition.type === type)?.reason;

const utilizationOf = ({ status }: HorizontalPodAutoscaler) =>
  status.currentMetrics?.[0]?.resource?.current.averageUtilization;

const replicas = async () => (await test.kubectl.json<Deployment>('get', 'deployment', 'burner')).spec.replicas;

describe('a HorizontalPodAutoscaler with real load', () => {
  it('is made by kubectl autoscale, and reads what an idle pod uses', async () => {
    await apply(burner, deployment('load', ask, {}), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'burner' },
      spec: { selector: { app: 'burner' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    await test.kubectl.must('scale', 'deployment', 'load', '--replicas=0');
    await test.kubectl.must('autoscale', 'deployment', 'burner', '--min=1', '--max=4', '--cpu-percent=50');
    const behavior = {
      scaleUp: { policies: [{ type: 'Pods', value: 2, periodSeconds: 4 }] },
      scaleDown: { stabilizationWindowSeconds: 8, policies: [{ type: 'Pods', value: 1, periodSeconds: 3 }] },
    };
    await test.kubectl.must('patch', 'hpa', 'burner', '--type=merge', '-p', JSON.stringify({ spec: { behavior } }));
    await waitForAutoscaler('an idle pod is measured', (it) => reasonOf(it, 'ScalingActive') === 'ValidMetricFound');
    expect(await test.kubectl.must('get', 'hpa', 'burner', '--no-headers')).toMatch(
      /^burner +Deployment\/burner +cpu: \d+%\/50% +1 +4 +1 /,
    );
  });

  it('adds pods under load, up to the most that it may have', async () => {
    await test.kubectl.must('scale', 'deployment', 'load', '--replicas=2');
    await waitForAutoscaler('as many pods as it may have', ({ status }) => status.currentReplicas === 4);
    const full = await waitForAutoscaler(
      'more would be wanted',
      (it) => reasonOf(it, 'ScalingLimited') === 'TooManyReplicas',
    );
    expect(utilizationOf(full)).toBeGreaterThan(55);
    expect(await replicas()).toBe(4);
  });

  it('keeps its number where the manifest, which names none, is applied again', async () => {
    await apply(burner);
    expect(await replicas()).toBe(4);
  });

  it('holds them for its window once the load is gone, then takes them away one by one', async () => {
    await test.kubectl.must('scale', 'deployment', 'load', '--replicas=0');
    const held = await waitForAutoscaler(
      'the window holds',
      (it) => reasonOf(it, 'AbleToScale') === 'ScaleDownStabilized',
    );
    expect(held.status.desiredReplicas).toBe(4);
    await waitForAutoscaler('one pod is left', ({ status }) => status.currentReplicas === 1);
    const steps = [3, 2, 1].map((size) => `New size: ${size}; reason: All metrics below target`);
    // Events are written beside what they tell of.
    const events = await test.waitFor<Event>('the last step is told', `${namespace}/events`, (items) =>
      items.some(({ message }) => message === steps.at(-1)),
    );
    const rescales = events
      .filter(({ reason, involvedObject }) => reason === 'SuccessfulRescale' && involvedObject.name === 'burner')
      .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ message }) => message);
    expect(rescales.slice(-3)).toEqual(steps);
    const described = await test.kubectl.must('describe', 'hpa', 'burner');
    expect(described).toMatch(/resource cpu on pods +\(as a percentage of request\): +\d+% \(\d+m?\) \/ 50%/);
    expect(described).toMatch(/SuccessfulRescale .*horizontal-pod-autoscaler +New size: 1/);
  });
});
