import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../testbed/deadline.ts';
import { ApiLoad } from './api-load.ts';
import { controllerName } from './cluster-processes.ts';
import { InvariantMonitor } from './invariants.ts';
import { Random } from './random.ts';
import type { Log, SoakCluster } from './soak-cluster.ts';
import { WatchFollower } from './watch-follower.ts';
import { deploymentsPath, sleeperDeployment, waitUntilSettled } from './workloads.ts';

export interface ControllerKillOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** What the rounds did, for the summary. */
export interface ControllerKillFigures {
  readonly kills: number;
  readonly writes: number;
  readonly deletions: number;
  readonly scalings: number;
  readonly resumedWatches: number;
  /** From the start of the process to its first answer. */
  readonly slowestStartMs: number;
}

const namespace = 'soak-kills';
const deployment = 'web';
const firstReplicas = 4;
const startTimeoutMs = 60_000;
const settleTimeoutMs = 60_000;

/**
 * `kill -9` of the controller under load, again and again. Rejects where an acknowledged write is lost, a deletion
 * undone, a resourceVersion goes back, a watch does not go on where it was, or a pod runs twice.
 */
export async function killControllerUnderLoad(
  cluster: SoakCluster,
  { rounds, seed, log, signal }: ControllerKillOptions,
): Promise<ControllerKillFigures> {
  const random = new Random(seed);
  await cluster.createNamespace(namespace);
  await cluster.client.must('POST', deploymentsPath(namespace), sleeperDeployment(deployment, firstReplicas));
  const load = new ApiLoad(cluster.client, { namespace, deployment, replicas: firstReplicas, random });
  const follower = new WatchFollower(cluster.client, `/api/v1/namespaces/${namespace}/configmaps`);
  await follower.start();
  const monitor = new InvariantMonitor(cluster);
  let slowestStartMs = 0;
  let kills = 0;
  let checkedWrites = 0;
  try {
    while (kills < rounds && !signal?.aborted) {
      const startMs = await killOnce(cluster, load, random.between(200, 3000));
      kills += 1;
      slowestStartMs = Math.max(slowestStartMs, startMs);
      await load.check();
      await writeMarker(cluster, `marker-${kills}`);
      await waitUntil('the watch has caught up', 60_000, () => follower.hasCaughtUp());
      follower.checkSeen(load.acknowledged.slice(checkedWrites));
      checkedWrites = load.acknowledged.length;
      monitor.check();
      log(`kill ${kills} of ${rounds}: ${load.acknowledged.length} acknowledged writes are all there`);
    }
    await waitUntilSettled(cluster, namespace, settleTimeoutMs);
    monitor.check();
  } finally {
    await monitor.stop();
    await follower.stop();
  }
  await removeNamespace(cluster, namespace);
  return { kills, ...load.figures, resumedWatches: follower.resumes, slowestStartMs };
}

/** One more event, so that a watch which has seen all before the kill shows that it goes on, too. */
async function writeMarker(cluster: SoakCluster, name: string): Promise<void> {
  const marker = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
  await cluster.client.must('POST', `/api/v1/namespaces/${namespace}/configmaps`, marker);
}

/** One kill in mid-load and the start after it; how long that took, in milliseconds. */
async function killOnce(cluster: SoakCluster, load: ApiLoad, loadMs: number): Promise<number> {
  const writing = load.run();
  // It rejects where the API answers wrongly; that is seen below, when all is awaited.
  writing.catch(() => undefined);
  await pause(loadMs);
  await cluster.processes.kill(controllerName);
  await writing;
  const startedAt = Date.now();
  await cluster.processes.start(controllerName);
  await waitUntilAnswers(cluster);
  return Date.now() - startedAt;
}

/** Resolves when the controller that was just started serves the API. */
export function waitUntilAnswers(cluster: SoakCluster): Promise<void> {
  return waitUntil('the controller answers', startTimeoutMs, () =>
    cluster.client.send('GET', '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
}

/** Deletes the namespace and waits until the API and the engine have nothing of it left. */
export async function removeNamespace(cluster: SoakCluster, name: string): Promise<void> {
  await cluster.client.must('DELETE', `/api/v1/namespaces/${name}`);
  await waitUntil(`nothing is left of ${name}`, 60_000, async () => {
    const { status } = await cluster.client.send('GET', `/api/v1/namespaces/${name}`);
    const left = (await cluster.containers()).some(({ namespace: of }) => of === name);
    return status === 404 && !left;
  });
}
