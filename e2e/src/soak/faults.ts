import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../testbed/deadline.ts';
import { isPodReady, restartsOf } from '../testbed/pods.ts';
import { ignoreGone } from '../testbed/test-resources.ts';
import { controllerName } from './cluster-processes.ts';
import { waitUntilAnswers } from './controller-kills.ts';
import type { Random } from './random.ts';
import type { SoakCluster } from './soak-cluster.ts';
import { waitUntilSettled } from './workloads.ts';

/** The kinds of faults, in the order in which the first round goes through them. */
export const faultKinds = [
  'agent killed',
  'controller killed',
  'container killed',
  'container removed',
  'agent paused briefly',
  'agent paused past the grace',
  'agent and controller killed',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** Where faults are injected. */
export interface FaultScene {
  readonly cluster: SoakCluster;
  readonly namespace: string;
  readonly random: Random;
}

/** A container that is killed too often waits ever longer for its next start, as it should. */
const maxRestarts = 1;
/** A node is given up four seconds after its last heartbeat, which may be a second old when its agent is killed. */
const soonestGivenUpMs = 3_000;
/** How fast pods move is for the benchmark to say: a busy machine starts containers slowly. */
const moveTimeoutMs = 120_000;

/**
 * Carries out one fault to its end; what it hit, in words. Rejects where containers were touched that a fault of this
 * kind leaves alone, or where pods did not move that had to.
 */
export async function injectFault(scene: FaultScene, kind: FaultKind): Promise<string> {
  const { cluster, random } = scene;
  const agent = random.pick(await cluster.processes.agents()) ?? '';
  switch (kind) {
    case 'agent killed':
      return killAndRestart(scene, [agent]);
    case 'controller killed':
      return killAndRestart(scene, [controllerName]);
    case 'agent and controller killed':
      return killAndRestart(scene, random.next() < 0.5 ? [agent, controllerName] : [controllerName, agent]);
    case 'container killed':
      return hitContainer(scene, (id) => cluster.docker.getContainer(id).kill());
    case 'container removed':
      return hitContainer(scene, (id) => cluster.docker.getContainer(id).remove({ force: true }));
    case 'agent paused briefly':
      return pauseBriefly(scene, agent);
    case 'agent paused past the grace':
      return pauseUntilMoved(scene, agent);
  }
}

/** Containers outlive our processes: none is started anew or stopped because one of these is away for a moment. */
async function killAndRestart(scene: FaultScene, names: readonly string[]): Promise<string> {
  const { cluster, random } = scene;
  const awayMs = random.between(0, 3000);
  const away = await leaveContainersAlone(scene, async () => {
    for (const name of names) await cluster.processes.kill(name);
    await pause(awayMs);
    for (const name of names) await cluster.processes.start(name);
    await waitUntilAnswers(cluster);
  });
  return `${names.join(' and ')}, away for ${awayMs} ms${away}`;
}

/**
 * Carries an absence out. Rejects where containers changed although no node was given up, or where one was given up
 * before its time. On a busy machine a process takes long to come back: then that is said, and its pods may have moved.
 */
async function leaveContainersAlone({ cluster }: FaultScene, beAway: () => Promise<void>): Promise<string> {
  const before = await runningContainers(cluster);
  const beganAt = Date.now();
  await beAway();
  await waitUntilAgentsWork(cluster);
  const after = await runningContainers(cluster);
  const givenUp = (await cluster.nodes()).flatMap(({ metadata, status }) => {
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    const changedAt = Date.parse(ready?.lastTransitionTime ?? '');
    // In whole seconds: one that was just before we began counts as before.
    return changedAt > beganAt ? [{ name: metadata.name, backAfterMs: changedAt + 1000 - beganAt }] : [];
  });
  const tooEarly = givenUp.find(({ backAfterMs }) => backAfterMs < soonestGivenUpMs);
  if (tooEarly) throw new Error(`${tooEarly.name} was given up although it was back after ${tooEarly.backAfterMs} ms`);
  if (givenUp.length > 0) return `, back so late that given up: ${givenUp.map(({ name }) => name).join(', ')}`;
  if (before.join() !== after.join()) throw new Error(`${before.join()} became ${after.join()}`);
  return '';
}

async function runningContainers(cluster: SoakCluster): Promise<string[]> {
  const running = (await cluster.containers()).filter(({ state }) => state === 'running');
  const names: string[] = running.map(({ pod, id }) => `${pod}/${id.slice(0, 12)}`);
  return names.toSorted((a, b) => a.localeCompare(b));
}

async function hitContainer(scene: FaultScene, hit: (id: string) => Promise<unknown>): Promise<string> {
  const { cluster, namespace, random } = scene;
  const restarts = new Map((await cluster.pods(namespace)).map((pod) => [pod.metadata.uid, restartsOf(pod)]));
  const running = (await cluster.containers()).filter(
    ({ state, podUid }) => state === 'running' && (restarts.get(podUid) ?? maxRestarts + 1) <= maxRestarts,
  );
  const victim = random.pick(running);
  // New pods take the place of those that were hit too often.
  if (!victim) return replacePods(scene);
  await ignoreGone(hit(victim.id));
  return `${victim.pod} on ${victim.node}`;
}

async function replacePods({ cluster, namespace }: FaultScene): Promise<string> {
  await cluster.client.must('DELETE', `/api/v1/namespaces/${namespace}/pods`);
  return 'every pod was hit before: all are replaced';
}

async function pauseBriefly(scene: FaultScene, agent: string): Promise<string> {
  const { cluster, random } = scene;
  const pausedMs = random.between(2000, 3000);
  const away = await leaveContainersAlone(scene, async () => {
    await cluster.processes.pause(agent);
    await pause(pausedMs);
    await cluster.processes.resume(agent);
  });
  return `${agent} for ${pausedMs} ms${away}`;
}

/** The pods of the node move while its agent is paused; when it goes on, it finds containers of pods that are gone. */
async function pauseUntilMoved(scene: FaultScene, agent: string): Promise<string> {
  const { cluster, namespace, random } = scene;
  const pods = await cluster.pods(namespace);
  const own = pods.filter(({ spec }) => spec.nodeName === agent);
  const uids = new Set(own.map(({ metadata }) => metadata.uid));
  await cluster.processes.pause(agent);
  const pausedAt = Date.now();
  try {
    await waitUntil(`the pods of ${agent} run elsewhere`, moveTimeoutMs, async () => {
      const now = await cluster.pods(namespace);
      const isMoved = now.every(({ metadata, spec }) => !uids.has(metadata.uid) && spec.nodeName !== agent);
      const others = now.filter(isPodReady).length;
      return (isMoved || own.length === 0) && others >= pods.length;
    });
    const movedMs = Date.now() - pausedAt;
    await pause(random.between(0, 2000));
    return `${agent}; its ${own.length} pods ran elsewhere after ${movedMs} ms`;
  } finally {
    await cluster.processes.resume(agent);
  }
}

/**
 * Proves that every agent is at work, rather than that nobody has noticed yet: each runs one more pod. Resolves when
 * these pods are gone again.
 */
export async function waitUntilAgentsWork(cluster: SoakCluster): Promise<void> {
  const namespace = 'soak-probes';
  const { status } = await cluster.client.send('GET', `/api/v1/namespaces/${namespace}`);
  if (status === 404) await cluster.createNamespace(namespace);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  for (const name of await cluster.processes.agents()) await cluster.client.must('POST', path, cluster.probePod(name));
  await waitUntil('every agent runs a new pod', 60_000, async () => {
    const pods = await cluster.pods(namespace);
    return pods.length > 0 && pods.every(isPodReady);
  });
  await cluster.client.must('DELETE', path);
  await waitUntil('the probing pods are gone', 60_000, async () => {
    const left = (await cluster.containers()).filter((container) => container.namespace === namespace);
    return (await cluster.pods(namespace)).length + left.length === 0;
  });
}

/** Waits until everything is as declared and every agent is seen at work. */
export async function waitUntilRecovered(scene: FaultScene, timeoutMs: number): Promise<void> {
  await waitUntilSettled(scene.cluster, scene.namespace, timeoutMs);
  await waitUntilAgentsWork(scene.cluster);
  // What an agent did that has only now come back.
  await waitUntilSettled(scene.cluster, scene.namespace, timeoutMs);
}
