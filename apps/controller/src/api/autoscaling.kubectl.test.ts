import type { HorizontalPodAutoscaler } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKubectl, type Kubectl } from './testing/kubectl.ts';
import { type ServedKubectl, serveKubectl } from './testing/serve-kubectl.ts';
import { createTestApi, type TestApi } from './testing/test-api.ts';

const deployment = (replicas: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1"}]}
`;

/** The older kubectl writes version 1 as JSON, the newer version 2 as protobuf. */
describe.each(['1.27', '1.33'])('autoscalers with kubectl %s', { timeout: 60_000 }, (version) => {
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
    await run('apply -f -', deployment('\n  replicas: 2'));
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  const run = async (line: string, stdin?: string) => {
    const result = await kubectl(line.split(' '), stdin);
    expect({ line, ...result, stdout: '' }).toMatchObject({ code: 0 });
    return result.stdout;
  };
  const autoscaler = (name = 'web') => api.client.get('horizontalpodautoscalers.autoscaling', 'default', name);

  it('makes one for a target', async () => {
    expect(await run('autoscale deployment web --min=2 --max=5 --cpu-percent=80')).toBe(
      'horizontalpodautoscaler.autoscaling/web autoscaled\n',
    );
    expect((await autoscaler()).spec).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    });
    await run('autoscale deployment web --max=3 --name=least');
    expect((await autoscaler('least')).spec).toMatchObject({
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [{ resource: { target: { averageUtilization: 80 } } }],
    });
    await run('delete hpa least');
  });

  it('prints what it measures and wants', async () => {
    const present = await autoscaler();
    const status: HorizontalPodAutoscaler['status'] = {
      currentReplicas: 2,
      desiredReplicas: 3,
      observedGeneration: 1,
      lastScaleTime: '2026-11-24T10:00:00Z',
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 95, averageValue: '95m' } } },
      ],
      conditions: [
        {
          type: 'AbleToScale',
          status: 'True',
          lastTransitionTime: '2026-11-24T10:00:00Z',
          reason: 'SucceededRescale',
          message: 'the HPA controller was able to update the target scale to 3',
        },
      ],
    };
    await api.client.updateStatus('horizontalpodautoscalers.autoscaling', { ...present, status });
    const table = await run('get hpa');
    expect(table.split('\n')[0]?.split(/\s{2,}/)).toEqual([
      'NAME',
      'REFERENCE',
      'TARGETS',
      'MINPODS',
      'MAXPODS',
      'REPLICAS',
      'AGE',
    ]);
    expect(table).toMatch(/^web +Deployment\/web +cpu: 95%\/80% +2 +5 +2 +\d+s$/m);
    const described = await run('describe hpa web');
    expect(described).toMatch(/Reference: +Deployment\/web/);
    expect(described).toMatch(/resource cpu on pods +\(as a percentage of request\): +95% \(95m\) \/ 80%/);
    expect(described).toMatch(/Min replicas: +2/);
    expect(described).toMatch(/Deployment pods: +2 current \/ 3 desired/);
    expect(described).toMatch(/AbleToScale +True +SucceededRescale +the HPA controller was able/);
    const old = JSON.parse(await run('get horizontalpodautoscalers.v1.autoscaling web -o json'));
    expect(old.status).toMatchObject({ currentCPUUtilizationPercentage: 95, desiredReplicas: 3 });
    expect(old.metadata.annotations).toMatchObject({
      'autoscaling.alpha.kubernetes.io/conditions': expect.stringContaining('SucceededRescale'),
      'autoscaling.alpha.kubernetes.io/current-metrics': expect.stringContaining('"currentAverageValue":"95m"'),
    });
  });

  it('keeps what the autoscaler set where a manifest names no replicas', async () => {
    // Named once, then left out, as Kubernetes advises: what was last applied must forget them first.
    await run('apply -f -', deployment('\n  replicas: 2'));
    await run('apply set-last-applied -f -', deployment(''));
    const scale = await api.client.getScale('deployments.apps', 'default', 'web');
    await api.client.updateScale('deployments.apps', 'default', { ...scale, spec: { replicas: 7 } });
    await run('apply -f -', deployment(''));
    expect((await api.client.get('deployments.apps', 'default', 'web')).spec.replicas).toBe(7);
  });
});
