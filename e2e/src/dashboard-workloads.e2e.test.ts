import type { ControllerRevision, StatefulSet } from '@gantry/api-types';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dashboardLink, launchBrowser } from './testbed/dashboard-page.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';

const docker = openEngine();
const image = 'gantry-e2e/workloads-page:1';
const apps = '/apis/apps/v1/namespaces/default';
const eventually = { timeout: 60_000, interval: 100 };

/** The page's view of what is no Deployment, on a cluster that really runs; the tests build on one another. */
describe('StatefulSets, DaemonSets and Jobs on the page', () => {
  let testCluster: LocalTestCluster;
  let browser: Browser;
  let page: Page;
  let origin: string;

  beforeAll(async () => {
    await buildBusyboxImage(docker, image);
    testCluster = await LocalTestCluster.start([
      '--no-demo',
      '--nodes',
      '2',
      '--node-cpu',
      '2',
      '--node-memory',
      '4Gi',
    ]);
    const { client } = testCluster;
    await client.must('POST', `${apps}/statefulsets`, statefulSet('db', 2));
    await client.must('POST', `${apps}/daemonsets`, workload('DaemonSet', 'collector', {}));
    const job = workload('Job', 'load', { completions: 2, parallelism: 1 }, ['/bin/sh', '-c', 'sleep 1']);
    await client.must('POST', '/apis/batch/v1/namespaces/default/jobs', job);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(60_000);
    const link = dashboardLink(testCluster.cluster.output);
    origin = new URL(link).origin;
    await page.goto(link);
  });

  afterAll(async () => {
    await browser?.close();
    await testCluster?.stop();
    await removeImages(docker, [image]);
  });

  it('shows how far each is', async () => {
    const row = (name: string) => page.locator('.workload').filter({ hasText: name });
    await row('db').getByText('2/2 ready').waitFor();
    await row('collector').getByText('2/2 ready').waitFor();
    await row('load').getByText('2/2 done').waitFor();
  });

  it('previews and scales a StatefulSet', async () => {
    await page.goto(`${origin}/statefulset/default/db`);
    await page.getByLabel('Replicas', { exact: true }).fill('4');
    await vi.waitFor(async () => expect(await page.locator('.fleet [data-ghost]').count()).toBe(2), eventually);
    await page.getByRole('button', { name: 'Apply 4' }).click();
    await vi.waitFor(
      async () => expect(await page.locator('[data-progress]').textContent()).toContain('4 of 4 ready'),
      eventually,
    );
    expect((await getSet()).status.readyReplicas).toBe(4);
  });

  it('rolls it back as kubectl rollout undo does, after a rollout that it followed', async () => {
    const before = (await getSet()).spec.template;
    const annotations = { release: '2' };
    const changed = { spec: { template: { metadata: { annotations } } } };
    await testCluster.client.must('PATCH', `${apps}/statefulsets/db`, changed, 'application/merge-patch+json');
    const rollout = page.getByRole('region', { name: 'Rollout' });
    await rollout.getByText('Revision 2 is rolled out: 4 of 4 pods.').waitFor();
    await rollout
      .locator('[data-revision="2"]')
      .getByText(/release/)
      .waitFor();
    await rollout.getByRole('button', { name: 'Roll back to revision 1…' }).click();
    await rollout.getByRole('button', { name: 'Roll back to revision 1', exact: true }).click();
    await rollout.getByText('Revision 3 is rolled out: 4 of 4 pods.').waitFor();
    expect((await getSet()).spec.template).toEqual(before);
    const { items } = await testCluster.client.json<{ items: ControllerRevision[] }>(`${apps}/controllerrevisions`);
    const numbers = items.filter(({ metadata }) => metadata.name.startsWith('db-')).map(({ revision }) => revision);
    expect(new Set(numbers)).toEqual(new Set([2, 3]));
  });

  it('restarts a DaemonSet by its template, and offers no number for it', async () => {
    await page.goto(`${origin}/daemonset/default/collector`);
    await page.getByText('One pod on each node that suits it: 2 now.').waitFor();
    expect(await page.locator('#replicas').count()).toBe(0);
    const rollout = page.getByRole('region', { name: 'Rollout' });
    await rollout.getByRole('button', { name: 'Restart…' }).click();
    await rollout.getByRole('button', { name: 'Restart', exact: true }).click();
    await rollout.getByText('Revision 2 is rolled out: 2 of 2 pods.').waitFor();
  });

  it('says what they should request, and resizes pods in place', async () => {
    await page.goto(`${origin}/?rightsizing=StatefulSet/default/db`);
    const panel = page.getByRole('region', { name: 'Right-sizing' });
    const resize = panel.getByRole('button', { name: 'Resize in place…' });
    // Some samples must have come first.
    await vi.waitFor(async () => {
      await panel.getByRole('button', { name: 'Ask again' }).click();
      await resize.waitFor({ timeout: 2_000 });
    }, eventually);
    await resize.click();
    await panel.getByRole('button', { name: 'Resize in place', exact: true }).click();
    await panel.getByText('4 pods resized in place.').waitFor();
    const path = '/api/v1/namespaces/default/pods/db-0';
    const pod = await testCluster.client.json<{ spec: { containers: { resources: { requests: { cpu: string } } }[] } }>(
      path,
    );
    expect(pod.spec.containers[0]?.resources.requests.cpu).not.toBe('200m');
  });

  function getSet(): Promise<StatefulSet> {
    return testCluster.client.json<StatefulSet>(`${apps}/statefulsets/db`);
  }
});

function statefulSet(name: string, replicas: number) {
  return workload('StatefulSet', name, { replicas, serviceName: name });
}

function workload(kind: 'StatefulSet' | 'DaemonSet' | 'Job', name: string, spec: object, command?: readonly string[]) {
  const labels = { app: name };
  const resources = { requests: { cpu: '200m', memory: '64Mi' } };
  const container = { name: 'main', image, resources, ...(command ? { command } : {}) };
  const podSpec = { containers: [container], terminationGracePeriodSeconds: 0 };
  const isJob = kind === 'Job';
  const template = {
    metadata: { labels },
    spec: isJob ? { ...podSpec, restartPolicy: 'Never' } : podSpec,
  };
  return {
    apiVersion: isJob ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name },
    spec: { ...spec, ...(isJob ? {} : { selector: { matchLabels: labels } }), template },
  };
}
