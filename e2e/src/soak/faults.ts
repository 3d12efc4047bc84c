import { setTimeout as pause } from 'node:timers/promises';
import { restartsOf } from '../testbed/pods.ts';
import { ignoreGone } from '../testbed/test-resources.ts';
import { controllerName } from './cluster-processes.ts';
import { removeNamespace, waitUntilAnswers } from './controller-kills.ts';
import { InvariantMonitor } from './invariants.ts';
import { Random } from './random.ts';
import type { Log, PodContainer, SoakCluster } from './soak-cluster.ts';
import { deploymentsPath, sleeperDeployment, waitUntilSettled } from './workloads.ts';

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

export interface FaultOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Ends after one fault of each kind. */
  readonly isOneOfEach?: boolean;
}

export interface FaultFigures {
  readonly faults: Readonly<Record<string, number>>;
  /** From the end of the fault until the cluster is as declared. */
  readonly slowestRecoveryMs: Readonly<Record<string, number>>;
  readonly looks: number;
}

const namespace = 'soak-faults';
const deployments = { front: 5, back: 4 } as const;
const recoveryTimeoutMs = 90_000;
/** A container that is killed too often waits ever longer for its next start, as it should. */
const maxRestarts = 1;

/** One random fault after another; rejects where the cluster does not come back to what is declared. */
export async function injectFaults(cluster: SoakCluster, options: FaultOptions): Promise<FaultFigures> {
  const { minutes, seed, log, signal, isOneOfEach = false } = options;
  const random = new Random(seed);
  await cluster.createNamespace(namespace);
  for (const [name, replicas] of Object.entries(deployments))
    await cluster.client.must('POST', deploymentsPath(namespace), sleeperDeployment(name, replicas));
  await waitUntilSettled(cluster, namespace, recoveryTimeoutMs);
  const monitor = new InvariantMonitor(cluster);
  const faults: Record<string, number> = {};
  const slowestRecoveryMs: Record<string, number> = {};
  const until = Date.now() + minutes * 60_000;
  try {
    for (let count = 0; !signal?.aborted; count += 1) {
      if (isOneOfEach ? count >= faultKinds.length : Date.now() >= until) break;
      const kind = faultKinds[count] ?? random.pick(faultKinds) ?? 'agent killed';
      const what = await inject(cluster, kind, random);
      const endedAt = Date.now();
      await waitUntilSettled(cluster, namespace, recoveryTimeoutMs).catch((error: unknown) => {
        throw new Error(`after "${kind}" (${what}): ${String(error)}`, { cause: error });
      });
      const recoveryMs = Date.now() - endedAt;
      monitor.check();
      faults[kind] = (faults[kind] ?? 0) + 1;
      slowestRecoveryMs[kind] = Math.max(slowestRecoveryMs[kind] ?? 0, recoveryMs);
      log(`fault ${count + 1}: ${kind} (${what}); as declared again after ${(recoveryMs / 1000).toFixed(1)} s`);
    }
  } finally {
    await monitor.stop();
    await cluster.processes.restore();
  }
  await removeNamespace(cluster, namespace);
  return { faults, slowestRecoveryMs, looks: monitor.looks };
}

/** Carries out one fault to its end; what it hit, in words. */
async function inject(cluster: SoakCluster, kind: FaultKind, random: Random): Promise<string> {
  const agent = random.pick(await cluster.processes.agents()) ?? '';
  switch (kind) {
    case 'agent killed':
      return killAndRestart(cluster, [agent], random.between(0, 3000));
    case 'controller killed':
      return killAndRestart(cluster, [controllerName], random.between(0, 3000));
    case 'agent and controller killed':
      return killAndRestart(cluster, [agent, controllerName], random.between(0, 3000));
    case 'container killed':
      return hitContainer(cluster, random, (id) => cluster.docker.getContainer(id).kill());
    case 'container removed':
      return hitContainer(cluster, random, (id) => cluster.docker.getContainer(id).remove({ force: true }));
    case 'agent paused briefly':
      return pauseAgent(cluster, agent, random.between(2000, 3500));
    case 'agent paused past the grace':
      return pauseAgent(cluster, agent, random.between(5500, 8000));
  }
}

/** Containers outlive our processes: after a kill and a start none of them may have been started anew or stopped. */
async function killAndRestart(cluster: SoakCluster, names: readonly string[], awayMs: number): Promise<string> {
  const before = await runningIds(cluster);
  for (const name of names) await cluster.processes.kill(name);
  await pause(awayMs);
  for (const name of names) await cluster.processes.start(name);
  await waitUntilAnswers(cluster);
  const what = `${names.join(' and ')}, away for ${awayMs} ms`;
  // Away for so short a time that with the start nobody gives the node up.
  if (awayMs > 1500) return what;
  await pause(3000);
  const after = await runningIds(cluster);
  if (before.join() !== after.join())
    throw new Error(`containers changed after ${what}: ${before.join()} became ${after.join()}`);
  return what;
}

async function runningIds(cluster: SoakCluster): Promise<string[]> {
  const running = (await cluster.containers()).filter(({ state }) => state === 'running');
  const names: string[] = running.map(({ pod, id }) => `${pod}/${id.slice(0, 12)}`);
  return names.toSorted();
}

async function hitContainer(
  cluster: SoakCluster,
  random: Random,
  hit: (id: string) => Promise<unknown>,
): Promise<string> {
  const restarts = new Map((await cluster.pods(namespace)).map((pod) => [pod.metadata.uid, restartsOf(pod)]));
  const running = (await cluster.containers()).filter(
    ({ state, podUid }) => state === 'running' && (restarts.get(podUid) ?? maxRestarts + 1) <= maxRestarts,
  );
  const victim: PodContainer | undefined = random.pick(running);
  if (!victim) return 'none: all were hit before';
  await ignoreGone(hit(victim.id));
  return `${victim.pod} on ${victim.node}`;
}

async function pauseAgent(cluster: SoakCluster, agent: string, pausedMs: number): Promise<string> {
  await cluster.processes.pause(agent);
  await pause(pausedMs);
  await cluster.processes.resume(agent);
  return `${agent} for ${pausedMs} ms`;
}
