import type { Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { published, refused, sockShop, sockShopAgain, withPolicies } from './published-apps.ts';
import { waitUntil } from './testbed/deadline.ts';
import { openEngine, removeImages } from './testbed/images.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { brokenContainersOf, isPodReady } from './testbed/pods.ts';
import { listComponents, type PublishedApp, readApp } from './testbed/published-app.ts';
import { prober, reachFrom, serviceTargets } from './testbed/reachability.ts';
import { buildStandIns, standInParts } from './testbed/stand-in.ts';

/** A folder with checkouts of the demo applications that are named in published-apps.ts, for whoever has them. */
const root = process.env.GANTRY_APPS ?? '';
if (root === '') console.log('skipped: the published demo applications; GANTRY_APPS names no folder that has them');

const docker = openEngine();
const startArgs = ['--no-demo', '--node-cpu', '16', '--node-memory', '16Gi'];
const readyMs = 240_000;

/** Applications as their authors wrote them, with stand-ins for their images, on three nodes. */
describe.skipIf(root === '')('published applications', () => {
  let test: LocalTestCluster;
  const built: string[] = [];

  beforeAll(async () => {
    const texts = await Promise.all([sockShop, ...published].map((app) => readApp(root, app)));
    test = await LocalTestCluster.start(startArgs);
    built.push(...(await buildStandIns(docker, texts)), ...standInParts);
    // Its probes wait for three minutes: it comes up while the others are tried.
    await apply(sockShop);
    await test.kubectl.feed(JSON.stringify(prober), 'apply', '-f', '-');
  });

  afterAll(async () => {
    await test?.stop();
    await removeImages(docker, built);
  });

  it.each(published)('$title is Ready as it is, and its services are reached by name from every node', async (app) => {
    await apply(app);
    await expectReady(app);
    await expectServices(app);
    const policies = withPolicies.get(app);
    if (policies) await expectPolicies(policies);
    await test.kubectl.must('delete', 'namespace', app.namespace, '--timeout=90s');
  });

  it('what belongs to other projects, or is no longer in Kubernetes, is refused by name, and nothing else', async () => {
    for (const namespace of ['secure', 'jaeger', 'loadtest', 'monitoring'])
      await test.kubectl.must('create', 'namespace', namespace);
    for (const { title, app, kinds } of refused) expect([title, await kindsRefused(app)]).toEqual([title, kinds]);
  });

  it('the components of the online boutique are accepted, but for those of a service mesh', async () => {
    const kustomize = 'online-boutique/kustomize';
    const components = (await listComponents(root, kustomize)).filter((name) => !name.includes('service-mesh'));
    const answers = components.map(async (component) => {
      const app = { title: component, namespace: 'default', kustomize, components: [component] };
      return { component, refused: await kindsRefused(app) };
    });
    expect(await Promise.all(answers)).toEqual(components.map((component) => ({ component, refused: [] })));
  });

  it('the sock shop is Ready, is reached by name from every node, and is shut off by its policies', async () => {
    await expectReady(sockShop);
    await expectServices(sockShop);
    await expectAppliedBefore(sockShopAgain);
    await expectPolicies(withPolicies.get(sockShop));
  });

  /** Applies it to its namespace; resolves with what kubectl says. */
  async function apply(app: PublishedApp): Promise<string> {
    const { kubectl } = test;
    // It may exist, or be among the objects.
    await kubectl.run(['create', 'namespace', app.namespace]);
    return kubectl.in(app.namespace).feed(await readApp(root, app), 'apply', '-f', '-');
  }

  async function expectReady(app: PublishedApp): Promise<void> {
    const kubectl = test.kubectl.in(app.namespace);
    await kubectl.feed(JSON.stringify(prober), 'apply', '-f', '-');
    const count = countPods(await readApp(root, app)) + 3;
    const pods = await test.waitFor<Pod>(
      `${app.title} is Ready, ${count} pods`,
      `/api/v1/namespaces/${app.namespace}/pods`,
      (all) => withoutJobs(all).length >= count && withoutJobs(all).every(isPodReady),
      readyMs,
    );
    expect(pods.flatMap(brokenContainersOf)).toEqual([]);
    await expectAppliedBefore(app);
  }

  /** kubectl may patch what the server writes in another form (2000m), but nothing is made or changed by it. */
  async function expectAppliedBefore(app: PublishedApp): Promise<void> {
    const before = await generations(app.namespace);
    expect(await apply(app)).not.toContain('created');
    expect(await generations(app.namespace)).toEqual(before);
  }

  async function generations(namespace: string): Promise<string> {
    const columns = '-o=custom-columns=:.kind,:.metadata.name,:.metadata.uid,:.metadata.generation';
    return test.kubectl.in(namespace).must('get', 'services,deployments,statefulsets', columns);
  }

  async function expectServices({ namespace }: PublishedApp): Promise<void> {
    const kubectl = test.kubectl.in(namespace);
    const targets = await serviceTargets(kubectl, namespace);
    const { items } = await kubectl.json<{ items: Pod[] }>('get', 'pods', '-l', 'probes=services');
    expect(new Set(items.map(({ spec }) => spec.nodeName)).size).toBe(3);
    const answers = items.map(({ metadata }) => reachFrom(kubectl, [metadata.name], Object.keys(targets)));
    expect(await Promise.all(answers)).toEqual(items.map(() => targets));
  }

  async function expectPolicies(policies: ReturnType<typeof withPolicies.get>): Promise<void> {
    if (!policies) throw new Error('there are no policies');
    const { app, answers } = policies;
    await apply(app);
    const kubectl = test.kubectl.in(app.namespace);
    const [first] = policies.closed;
    await waitUntil('the policies are in force', 60_000, async () => {
      return Object.values(await reachFrom(kubectl, [first.from], [first.to])).includes('no answer');
    });
    for (const { from, targets } of answers) {
      const source = from === 'outsider' ? test.kubectl : kubectl;
      const found = await reachFrom(source, [from === 'outsider' ? 'daemonset/prober' : from], Object.keys(targets));
      expect({ from, found }).toEqual({ from, found: targets });
    }
    // Nobody refuses the node its probes.
    const pods = (await kubectl.json<{ items: Pod[] }>('get', 'pods')).items;
    expect(pods.filter((pod) => !isPodReady(pod)).map(({ metadata }) => metadata.name)).toEqual([]);
  }

  /** `Kind version` of all that the server has no kind for; rejects where it refuses anything for another reason. */
  async function kindsRefused(app: PublishedApp): Promise<string[]> {
    const input = await readApp(root, app);
    const { stderr } = await test.kubectl.run(['apply', '--dry-run=server', '-f', '-'], { input });
    expect(stderr).not.toContain('Error from server');
    return [...stderr.matchAll(/no matches for kind "(\w+)" in version "(\S+)"/g)]
      .map(([, kind, version]) => `${kind} ${version}`)
      .toSorted((a, b) => (a < b ? -1 : 1));
  }
});

function countPods(text: string): number {
  const kinds = new Set(['Deployment', 'StatefulSet']);
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Workload | null);
  return documents.reduce((sum, one) => sum + (one && kinds.has(one.kind) ? (one.spec?.replicas ?? 1) : 0), 0);
}

interface Workload {
  readonly kind: string;
  readonly spec?: { readonly replicas?: number };
}

/** A CronJob's hour may come while the test runs. */
function withoutJobs(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(({ metadata }) => !metadata.ownerReferences?.some(({ kind }) => kind === 'Job'));
}
