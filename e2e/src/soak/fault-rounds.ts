import { removeNamespace } from './controller-kills.ts';
import { type FaultScene, faultKinds, injectFault, waitUntilRecovered } from './faults.ts';
import { InvariantMonitor } from './invariants.ts';
import { Random } from './random.ts';
import { ResourceUse } from './resource-use.ts';
import type { Log, SoakCluster } from './soak-cluster.ts';
import { deploymentsPath, sleeperDeployment, waitUntilSettled } from './workloads.ts';

export interface FaultOptions {
  /** Ignored with `isOneOfEach`. */
  readonly minutes: number;
  readonly seed: number;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Ends after one fault of each kind. */
  readonly isOneOfEach?: boolean;
}

export interface FaultFigures {
  readonly faults: Readonly<Record<string, number>>;
  /** From the end of the fault until the cluster is seen to be as declared, with every agent at work. */
  readonly slowestRecoveryMs: Readonly<Record<string, number>>;
  /** Times that the running containers and the requests on the nodes were checked. */
  readonly looks: number;
  readonly resources: string;
}

const namespace = 'soak-faults';
const deployments = { front: 5, back: 4 } as const;
const recoveryTimeoutMs = 120_000;

/** One random fault after another; rejects where the cluster does not come back to what is declared. */
export async function injectFaults(cluster: SoakCluster, options: FaultOptions): Promise<FaultFigures> {
  const { minutes, seed, log, signal, isOneOfEach = false } = options;
  const scene: FaultScene = { cluster, namespace, random: new Random(seed) };
  await deploy(cluster);
  const monitor = new InvariantMonitor(cluster);
  const faults: Record<string, number> = {};
  const slowestRecoveryMs: Record<string, number> = {};
  const until = Date.now() + minutes * 60_000;
  try {
    for (let count = 0; !signal?.aborted; count += 1) {
      if (isOneOfEach ? count >= faultKinds.length : Date.now() >= until) break;
      const kind = faultKinds[count] ?? scene.random.pick(faultKinds) ?? faultKinds[0];
      const { what, recoveryMs } = await faultAndRecovery(scene, kind);
      monitor.check();
      faults[kind] = (faults[kind] ?? 0) + 1;
      slowestRecoveryMs[kind] = Math.max(slowestRecoveryMs[kind] ?? 0, recoveryMs);
      log(`fault ${count + 1}: ${kind} (${what}); recovered after ${(recoveryMs / 1000).toFixed(1)} s`);
    }
  } finally {
    await monitor.stop();
    await cluster.processes.restore();
  }
  const resources = new ResourceUse(cluster);
  await resources.sample();
  resources.check();
  await removeNamespace(cluster, namespace);
  return { faults, slowestRecoveryMs, looks: monitor.looks, resources: resources.summary() };
}

async function deploy(cluster: SoakCluster): Promise<void> {
  await cluster.createNamespace(namespace);
  for (const [name, replicas] of Object.entries(deployments))
    await cluster.client.must('POST', deploymentsPath(namespace), sleeperDeployment(name, replicas));
  await waitUntilSettled(cluster, namespace, recoveryTimeoutMs);
}

async function faultAndRecovery(
  scene: FaultScene,
  kind: (typeof faultKinds)[number],
): Promise<{ what: string; recoveryMs: number }> {
  let what = 'while it was injected';
  try {
    what = await injectFault(scene, kind);
    const endedAt = Date.now();
    await waitUntilRecovered(scene, recoveryTimeoutMs);
    return { what, recoveryMs: Date.now() - endedAt };
  } catch (error) {
    throw new Error(`${kind} (${what}): ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
