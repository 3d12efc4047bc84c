import { describe, expect, it } from 'vitest';
import { endPod, makeAllReady } from './testing/pod-reports.ts';
import { TestRig } from './testing/test-rig.ts';

function seedDaemonSet(rig: TestRig, image = 'agent:1') {
  const labels = { app: 'agent' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } };
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
  return rig.cluster.seed('daemonsets.apps', {
    metadata: { name: 'agent', namespace: 'default' },
    spec: { selector: { matchLabels: labels }, template, updateStrategy },
    status: {},
  });
}

function seedNode(rig: TestRig, name: string) {
  rig.cluster.seed('nodes', { metadata: { name, labels: {} }, spec: {}, status: {} });
}

const statusOf = (rig: TestRig) => rig.cluster.get('daemonsets.apps', 'default/agent')?.status;

describe('DaemonSets', () => {
  it('follow nodes that come and change, and report what they have', async () => {
    await using rig = new TestRig();
    seedNode(rig, 'n1');
    seedDaemonSet(rig);
    rig.start();
    await rig.pass();
    expect(rig.cluster.list('pods')).toHaveLength(1);
    seedNode(rig, 'n2');
    await rig.pass();
    await makeAllReady(rig, 5);
    expect(statusOf(rig)).toMatchObject({ desiredNumberScheduled: 2, numberReady: 2, updatedNumberScheduled: 2 });
    await rig.cluster.client.mergePatch('nodes', undefined, 'n2', {
      spec: { taints: [{ key: 'gpu', effect: 'NoExecute' }] },
    });
    await rig.pass(200);
    expect(statusOf(rig)).toMatchObject({ desiredNumberScheduled: 1, numberReady: 1 });
    expect(rig.errors).toEqual([]);
  });

  it('update one node after the other and keep the former revision', async () => {
    await using rig = new TestRig();
    for (const name of ['n1', 'n2', 'n3']) seedNode(rig, name);
    const { spec } = seedDaemonSet(rig);
    rig.start();
    await makeAllReady(rig, 5);
    const template = { ...spec.template, spec: { containers: [{ name: 'main', image: 'agent:2' }] } };
    await rig.cluster.client.mergePatch('daemonsets.apps', 'default', 'agent', { spec: { template } });
    await rig.pass();
    const images = () => rig.cluster.list('pods').map((pod) => pod.spec.containers[0]?.image);
    expect(images().filter((image) => image === 'agent:2')).toHaveLength(1);
    await makeAllReady(rig, 20);
    expect(images()).toEqual(['agent:2', 'agent:2', 'agent:2']);
    expect(rig.cluster.list('controllerrevisions.apps')).toHaveLength(2);
  });

  it('replace a daemon that its node keeps refusing with longer and longer pauses', async () => {
    await using rig = new TestRig();
    seedNode(rig, 'n1');
    seedDaemonSet(rig);
    let made = 0;
    rig.cluster.onWrite = ({ verb, resource }) => {
      if (verb === 'create' && resource === 'pods') made += 1;
    };
    rig.start();
    for (let round = 0; round < 120; round += 1) {
      for (const pod of rig.cluster.list('pods')) if (pod.status.phase === 'Pending') await endPod(rig, pod, 'Failed');
      await rig.pass(500);
    }
    // One minute: at once, then after 1, 2, 4, 8, 16 and 32 seconds at most.
    expect(made).toBeLessThanOrEqual(8);
    expect(made).toBeGreaterThanOrEqual(5);
    expect(rig.events.some((event) => event.startsWith('Warning FailedDaemonPod'))).toBe(true);
  });
});
