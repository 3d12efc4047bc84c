import type { Node } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { mustKubectl } from './testbed/kubectl.ts';
import { isReady } from './testbed/multi-host-cluster.ts';
import { useCluster } from './testbed/use-cluster.ts';
import { waitForObjects } from './testbed/watch-objects.ts';
import { identities, isPodReady, type Placement, type Workload } from './testbed/workload.ts';

/** Three hosts with an engine and an agent each: what happens to their pods when a host or its network fails. */
describe('three hosts', () => {
  const { cluster, deploy } = useCluster(['host-1', 'host-2', 'host-3']);

  it('spread the replicas of a Deployment over all hosts, each once', async () => {
    const web = await deploy('spread', 6);
    const placements = await web.waitUntilEnginesAgree();
    expect(placements).toHaveLength(6);
    expect(countByHost(placements)).toEqual({ 'host-1': 2, 'host-2': 2, 'host-3': 2 });
  });

  it('run the replicas of a killed host elsewhere and disturb nothing else', async () => {
    const web = await deploy('killed', 6);
    const others = cluster().hosts.filter(({ name }) => name !== 'host-3');
    const before = await web.running(others);
    await using _dead = await killHost('host-3');
    await waitForNotReady('host-3');
    await waitForReplacement(web, 'host-3', 6);
    const after = await web.running(others);
    expect(after).toHaveLength(6);
    expect(identities(after)).toEqual(expect.arrayContaining(identities(before)));
    expect(await readyNodes()).toEqual(['host-1', 'host-2']);
  });

  it('run no replica twice when a killed host comes back', async () => {
    const web = await deploy('back', 6);
    const lost = (await web.pods())
      .filter(({ spec }) => spec.nodeName === 'host-2')
      .map(({ metadata }) => metadata.uid);
    expect(lost).not.toHaveLength(0);
    expect(await cluster().host('host-2').startedPods()).toEqual(expect.arrayContaining(lost));
    {
      await using _dead = await killHost('host-2');
      await waitForReplacement(web, 'host-2', 6);
    }
    await web.waitForPods('the lost pods are gone', (pods) =>
      pods.every(({ metadata }) => !lost.includes(metadata.uid)),
    );
    expect(await web.waitUntilEnginesAgree()).toHaveLength(6);
    const startedAgain = (await cluster().host('host-2').startedPods()).filter((uid) => lost.includes(uid));
    expect(startedAgain).toEqual([]);
  });

  it('run the replicas of a host that is cut off elsewhere, and once only when the network is back', async () => {
    const web = await deploy('cut', 6);
    const host = cluster().host('host-1');
    const others = cluster().hosts.filter(({ name }) => name !== host.name);
    const before = await web.running(others);
    const cutOff = await web.running([host]);
    expect(cutOff).not.toHaveLength(0);
    await host.cutNetwork();
    try {
      await waitForReplacement(web, host.name, 6);
      expect(await web.running(others)).toHaveLength(6);
      // Nobody can tell the host: its containers outlive the connection.
      expect(identities(await web.running([host]))).toEqual(identities(cutOff));
    } finally {
      await host.restoreNetwork();
    }
    await cluster().waitForReadyNodes();
    const after = await web.waitUntilEnginesAgree();
    expect(after).toHaveLength(6);
    expect(identities(after)).toEqual(expect.arrayContaining(identities(before)));
    const stale = cutOff.filter(({ podUid }) => after.some((placement) => placement.podUid === podUid));
    expect(stale).toEqual([]);
  });

  it('places nothing on a cordoned host, empties it on drain and uses it again afterwards', async () => {
    const web = await deploy('drain', 6);
    const host = cluster().host('host-2');
    const others = cluster().hosts.filter(({ name }) => name !== host.name);
    const stays = await web.running(others);
    const kubectl = (...args: string[]) => mustKubectl(cluster().kubeconfig, ...args);
    await kubectl('cordon', host.name);
    await web.patch({ spec: { replicas: 8 } });
    await web.waitUntilComplete(8);
    expect(await web.running([host])).toHaveLength(2);
    const removals = web.watchRemovals();
    await kubectl('drain', host.name, '--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=90s');
    await web.waitUntilComplete(8);
    const drained = await web.waitUntilEnginesAgree();
    expect(await removals.stop()).toEqual([]);
    expect(drained.filter((placement) => placement.host === host.name)).toEqual([]);
    expect(identities(drained)).toEqual(expect.arrayContaining(identities(stays)));
    await kubectl('uncordon', host.name);
    await web.patch({ spec: { replicas: 10 } });
    await web.waitUntilComplete(10);
    expect(await web.running([host])).toHaveLength(2);
  });

  /** Brought back, with its agent, when disposed. */
  async function killHost(name: string): Promise<AsyncDisposable> {
    const host = cluster().host(name);
    await host.kill();
    return {
      [Symbol.asyncDispose]: async () => {
        await host.boot();
        await host.startAgent();
        await cluster().waitForReadyNodes();
      },
    };
  }

  async function waitForNotReady(name: string): Promise<void> {
    await waitForObjects<Node>(cluster().client, {
      what: `${name} is not Ready`,
      path: '/api/v1/nodes',
      until: (nodes) => nodes.some((node) => node.metadata.name === name && !isReady(node)),
    });
  }

  async function waitForReplacement(web: Workload, lost: string, replicas: number): Promise<void> {
    await web.waitForPods(`${replicas} pods run on other hosts than ${lost}`, (pods) => {
      const running = pods.filter((pod) => {
        const isLost = pod.spec.nodeName === lost || pod.metadata.deletionTimestamp !== undefined;
        return !isLost && isPodReady(pod);
      });
      return running.length === replicas;
    });
  }

  async function readyNodes(): Promise<string[]> {
    const { items } = await cluster().client.json<{ items: Node[] }>('/api/v1/nodes');
    return items.filter(isReady).map(({ metadata }) => metadata.name);
  }
});

function countByHost(placements: readonly Placement[]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(Object.groupBy(placements, ({ host }) => host)).map(([host, found = []]) => [host, found.length]),
  );
}
