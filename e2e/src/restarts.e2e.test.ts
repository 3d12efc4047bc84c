import { describe, expect, it } from 'vitest';
import { connections, vainAttempts } from './testbed/agent-logs.ts';
import { waitUntil } from './testbed/deadline.ts';
import { stayOnLostNode } from './testbed/pods.ts';
import { useCluster } from './testbed/use-cluster.ts';
import { identities, isPodReady, restartFacts } from './testbed/workload.ts';

/** Agents and the controller may end at any moment: the containers outlive them. */
describe('a cluster whose own processes are killed', () => {
  const { cluster, deploy } = useCluster(['host-1', 'host-2']);

  it('restarts no container when an agent is killed and started again', async () => {
    const web = await deploy('agent-restart', 4, stayOnLostNode);
    const host = cluster().host('host-1');
    const before = await web.running();
    const podsBefore = await web.pods();
    await host.killAgent();
    await host.startAgent();
    // A pod that only the new agent can have started shows that it is at work.
    await web.runPod('after-restart', host.name);
    const after = (await web.waitUntilEnginesAgree()).filter(({ pod }) => pod !== 'after-restart');
    expect(identities(after)).toEqual(identities(before));
    const podsAfter = (await web.pods()).filter(({ metadata }) => metadata.name !== 'after-restart');
    expect(restartFacts(podsAfter)).toEqual(restartFacts(podsBefore));
  });

  it('finishes a rollout during which the controller was killed, and loses nothing it acknowledged', async () => {
    const replicas = 8;
    const web = await deploy('rollout', replicas);
    const old = new Set((await web.pods()).map(({ metadata }) => metadata.uid));
    const writer = startWriting(web.namespace);
    await web.patch({ spec: { template: { metadata: { annotations: { version: '2' } } } } });
    await web.waitForPods('the rollout is half done', (pods) => {
      const ready = pods.filter((pod) => !old.has(pod.metadata.uid) && isPodReady(pod));
      return ready.length > 0 && pods.some(({ metadata }) => old.has(metadata.uid) && !metadata.deletionTimestamp);
    });
    await cluster().killController();
    const acknowledged = await writer.untilRefused();
    const survivors = (await web.running()).filter(({ podUid }) => !old.has(podUid));
    await cluster().startController();
    await web.waitUntilComplete(replicas);
    const after = await web.waitUntilEnginesAgree();
    expect(after).toHaveLength(replicas);
    expect(after.filter(({ podUid }) => old.has(podUid))).toEqual([]);
    expect(identities(after)).toEqual(expect.arrayContaining(identities(survivors)));
    const { items } = await cluster().client.json<{ items: { metadata: { name: string } }[] }>(writer.path);
    expect(acknowledged).not.toHaveLength(0);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(acknowledged));
  });

  it('restarts and replaces nothing when the controller comes back after a long absence', async () => {
    const web = await deploy('absence', 4);
    const before = await web.running();
    const podsBefore = await web.pods();
    const connectedBefore = await connections(cluster());
    const refusedBefore = await vainAttempts(cluster());
    await cluster().killController();
    // By the sixth attempt the agents wait longest between two.
    await waitUntil('every agent tried six times in vain', 90_000, async () =>
      (await vainAttempts(cluster())).every((count, i) => count >= (refusedBefore[i] ?? 0) + 6),
    );
    await cluster().startController();
    await waitUntil('every agent is connected again', 60_000, async () =>
      (await connections(cluster())).every((count, i) => count > (connectedBefore[i] ?? 0)),
    );
    await cluster().waitForReadyNodes();
    // A rollout's worth of decisions later.
    await web.runPod('afterwards', 'host-1');
    const after = (await web.waitUntilEnginesAgree()).filter(({ pod }) => pod !== 'afterwards');
    expect(identities(after)).toEqual(identities(before));
    const podsAfter = (await web.pods()).filter(({ metadata }) => metadata.name !== 'afterwards');
    expect(restartFacts(podsAfter)).toEqual(restartFacts(podsBefore));
  });

  it('restarts a container that ends while the controller is away', async () => {
    const web = await deploy('orphans', 2);
    const host = cluster().host('host-2');
    const [victim] = await web.running([host]);
    if (!victim) throw new Error('no pod runs on host-2');
    await cluster().killController();
    await host.engine.getContainer(victim.id).kill();
    await waitUntil('the pod runs again', 60_000, async () => {
      const [container] = await web.running([host]);
      return container !== undefined && container.id !== victim.id && container.podUid === victim.podUid;
    });
    await cluster().startController();
    await web.waitForPods('the restart is counted', (pods) =>
      pods.some(
        ({ metadata, status }) => metadata.uid === victim.podUid && status.containerStatuses?.[0]?.restartCount === 1,
      ),
    );
    await web.waitUntilComplete(2);
    expect(await web.waitUntilEnginesAgree()).toHaveLength(2);
  });

  /** Creates objects, several at a time, until the controller is gone; knows which of them it acknowledged. */
  function startWriting(namespace: string): { path: string; untilRefused(): Promise<string[]> } {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const acknowledged: string[] = [];
    let next = 0;
    const write = async (): Promise<void> => {
      for (;;) {
        const metadata = { name: `written-${next++}` };
        const answer = await cluster()
          .client.send('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: metadata.name } })
          // The connection broke: whether this one was written is unknown.
          .catch(() => undefined);
        if (answer?.status !== 201) return;
        acknowledged.push(metadata.name);
      }
    };
    const writers = Array.from({ length: 4 }, write);
    return { path, untilRefused: () => Promise.all(writers).then(() => acknowledged) };
  }
});
