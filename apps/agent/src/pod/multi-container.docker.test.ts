import { readlink } from 'node:fs/promises';
import type { Pod } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { removeNodeResources } from '../node/remove-node-resources.ts';
import { pauseImage } from '../sandbox/pause-image.ts';
import { makeContainer } from '../testing/make-container.ts';
import { makePod } from '../testing/make-pod.ts';
import { engine, execIn, inspect } from '../testing/test-engine.ts';
import { isReady, startTestNode, type TestNode } from '../testing/test-node.ts';

async function containersOf(node: TestNode, pod: Pod): Promise<Map<string, { id: string; pid: number }>> {
  const list = await node.runtime.listContainers({ 'io.gantry.pod.uid': pod.metadata.uid });
  const running = list.filter(({ state }) => state === 'running');
  const found = await Promise.all(running.map(async ({ id }) => ({ id, pid: (await inspect(id)).State.Pid })));
  return new Map(running.map(({ labels }, index) => [labels['io.gantry.container'] ?? '', found[index] as never]));
}

const namespace = (pid: number | undefined, kind: string) => readlink(`/proc/${pid}/ns/${kind}`);

it('puts the containers of a pod into the same network and ipc namespaces', async () => {
  await using node = await startTestNode();
  const server = makeContainer('server', 'echo hello > /tmp/index.html; exec httpd -f -p 127.0.0.1:8080 -h /tmp');
  const pod = makePod({ spec: { containers: [server, makeContainer('client')] } });
  const { podIP, containerStatuses } = await node.runPod(pod);
  const all = await containersOf(node, pod);
  expect([...all.keys()].toSorted()).toEqual(['POD', 'client', 'server']);
  const [pause, a, b] = ['POD', 'server', 'client'].map((name) => all.get(name));
  for (const kind of ['net', 'ipc']) {
    const shared = await namespace(pause?.pid, kind);
    expect(await namespace(a?.pid, kind)).toBe(shared);
    expect(await namespace(b?.pid, kind)).toBe(shared);
    expect(await namespace(process.pid, kind)).not.toBe(shared);
  }
  expect(await namespace(a?.pid, 'pid')).not.toBe(await namespace(b?.pid, 'pid'));
  const script = 'printf "GET /index.html HTTP/1.0\\r\\n\\r\\n" | nc 127.0.0.1 8080';
  expect(await execIn(b?.id ?? '', 'sh', '-c', script)).toContain('hello');
  expect(await execIn(b?.id ?? '', 'hostname')).toBe(`${pod.metadata.name}\n`);
  expect(await execIn(a?.id ?? '', 'cat', '/etc/hosts')).toContain(`${podIP}\t${pod.metadata.name}\n`);
  expect(await execIn(b?.id ?? '', 'cat', '/proc/net/fib_trie')).toContain(`-- ${podIP}\n`);
  const { HostConfig: host } = await inspect(pause?.id ?? '');
  expect(host.CgroupParent).toBe(`/gantry/${node.cluster}/node-1/pod${pod.metadata.uid}`);
  expect(containerStatuses?.map(({ name, ready }) => [name, ready])).toEqual([
    ['server', true],
    ['client', true],
  ]);
});

it('costs the engine one container for a pod with one', async () => {
  await using node = await startTestNode();
  const init = makeContainer('init', 'true');
  const pod = makePod({ spec: { initContainers: [init] } });
  await node.runPod(pod);
  expect([...(await containersOf(node, pod)).keys()]).toEqual(['main']);
});

it('shares processes where the pod says so, and reaps their orphans', async () => {
  await using node = await startTestNode();
  // The shell's child outlives it: its new parent is process 1, the pause container's.
  const orphans = makeContainer('orphans', '(sh -c "sleep 0.2" & exit) ; exec sleep 3600');
  const pod = makePod({ spec: { shareProcessNamespace: true, containers: [orphans, makeContainer('other')] } });
  await node.runPod(pod);
  const all = await containersOf(node, pod);
  const shared = await namespace(all.get('POD')?.pid, 'pid');
  for (const name of ['orphans', 'other']) expect(await namespace(all.get(name)?.pid, 'pid')).toBe(shared);
  const list = 'cat /proc/[0-9]*/stat';
  const until = 'while cat /proc/[0-9]*/stat | grep -q "sh -c\\|sleep 0.2\\|) Z"; do sleep 0.1; done';
  await execIn(all.get('other')?.id ?? '', 'sh', '-c', until);
  const processes = await execIn(all.get('other')?.id ?? '', 'sh', '-c', list);
  expect(processes).toMatch(/^1 \(pause\)/m);
  expect(processes).not.toContain(') Z');
});

it('makes the namespaces and all containers anew when the pause container dies', async () => {
  await using node = await startTestNode();
  const pod = makePod({ spec: { containers: [makeContainer('a'), makeContainer('b')] } });
  await node.runPod(pod);
  const before = await containersOf(node, pod);
  await engine('POST', `/containers/${before.get('POD')?.id}/kill`);
  const counts = () => node.api.status(pod.metadata.uid)?.containerStatuses?.map(({ restartCount }) => restartCount);
  await node.api.until(
    'both were restarted',
    () => counts()?.join() === '1,1' && isReady(node.api.status(pod.metadata.uid)),
  );
  const after = await containersOf(node, pod);
  expect(after.size).toBe(3);
  expect(after.get('POD')?.id).not.toBe(before.get('POD')?.id);
  const shared = await namespace(after.get('POD')?.pid, 'net');
  expect(await namespace(after.get('b')?.pid, 'net')).toBe(shared);
  const { podIP } = node.api.status(pod.metadata.uid) ?? {};
  expect(await execIn(after.get('b')?.id ?? '', 'cat', '/proc/net/fib_trie')).toContain(`-- ${podIP}\n`);
  const changed = 'SandboxChanged: Pod sandbox changed, it will be killed and re-created.';
  expect(node.api.eventTexts(pod.metadata.uid)).toContain(changed);
  expect(podIP).toBe(node.api.statuses.get(pod.metadata.uid)?.find((status) => status.podIP)?.podIP);
});

it('takes a pod with several containers over when the agent is replaced, and leaves nothing when it goes', async () => {
  await using node = await startTestNode();
  const pod = makePod({ spec: { containers: [makeContainer('a'), makeContainer('b')] } });
  await node.runPod(pod);
  const before = await containersOf(node, pod);
  const reports = node.api.statuses.get(pod.metadata.uid)?.length;
  await node.restart();
  await node.runPod(makePod());
  expect(await containersOf(node, pod)).toEqual(before);
  expect(node.api.statuses.get(pod.metadata.uid)?.length).toBe(reports);
  node.api.deletePod(pod.metadata.uid, 1);
  await node.api.until('it is gone', () => node.api.terminated.includes(pod.metadata.uid));
  expect(await node.runtime.listContainers({ 'io.gantry.pod.uid': pod.metadata.uid })).toEqual([]);
  await node.manager.stop();
  const { runtime, cluster, dataDir } = node;
  await removeNodeResources({ runtime, cluster, node: 'node-1', dataDir, graceSeconds: 0 });
  // Another agent on this engine may be using it.
  const users = JSON.parse((await engine('GET', '/containers/json?all=1')).body) as { Image: string }[];
  if (!users.some(({ Image }) => Image === pauseImage)) expect(await runtime.inspectImage(pauseImage)).toBeUndefined();
});
