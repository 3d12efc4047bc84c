import { setTimeout as pause } from 'node:timers/promises';
import type { Deployment } from '@gantry/api-types';
import { removeNamespace } from './controller-kills.ts';
import { InvariantMonitor } from './invariants.ts';
import { PageUse } from './page-use.ts';
import { Random } from './random.ts';
import { ResourceUse } from './resource-use.ts';
import type { Log, SoakCluster } from './soak-cluster.ts';
import { deploymentsPath, sleeperDeployment, waitUntilSettled } from './workloads.ts';

export interface ChurnOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Between two moments of rest, at which everything must be exactly as declared. */
  readonly roundSeconds?: number;
}

export interface ChurnFigures {
  readonly actions: Readonly<Record<string, number>>;
  readonly rounds: number;
  /** Times that the running containers and the requests on the nodes were checked. */
  readonly looks: number;
  readonly slowestSettleMs: number;
  readonly resources: string;
}

const namespace = 'soak-churn';
const maxDeployments = 5;
/** In all; the pods of a 3-node cluster on two cpus that request 50m each. */
const maxPods = 24;
const settleTimeoutMs = 120_000;

/**
 * Scales, rolls out, deletes and creates Deployments at random, with the dashboard open; rejects where an invariant is
 * violated, or where a process or the page grows.
 */
export async function churn(cluster: SoakCluster, options: ChurnOptions): Promise<ChurnFigures> {
  const { minutes, seed, log, signal, roundSeconds = 30 } = options;
  const driver = new ChurnDriver(cluster, new Random(seed));
  const resources = new ResourceUse(cluster);
  await cluster.createNamespace(namespace);
  await using page = await PageUse.open(cluster);
  const monitor = new InvariantMonitor(cluster);
  const until = Date.now() + minutes * 60_000;
  let rounds = 0;
  let slowestSettleMs = 0;
  try {
    while (Date.now() < until && !signal?.aborted) {
      await driver.actFor(Math.min(roundSeconds * 1000, until - Date.now()), signal);
      const settlingSince = Date.now();
      await waitUntilSettled(cluster, namespace, settleTimeoutMs);
      slowestSettleMs = Math.max(slowestSettleMs, Date.now() - settlingSince);
      rounds += 1;
      await resources.sample();
      await page.sample();
      monitor.check();
      resources.check();
      page.check();
      log(`churn round ${rounds}: ${total(driver.actions)} actions; ${resources.summary()}; ${page.summary()}`);
    }
  } finally {
    await monitor.stop();
  }
  monitor.check();
  await removeNamespace(cluster, namespace);
  const { looks } = monitor;
  const used = `${resources.summary()}; ${page.summary()}`;
  return { actions: driver.actions, rounds, looks, slowestSettleMs, resources: used };
}

/** Does one thing after another to a few Deployments, whether or not the one before has been carried out. */
class ChurnDriver {
  readonly actions: Record<string, number> = {};
  readonly #cluster: SoakCluster;
  readonly #random: Random;
  readonly #replicas = new Map<string, number>();
  #created = 0;

  constructor(cluster: SoakCluster, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
  }

  async actFor(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
    const until = Date.now() + durationMs;
    do {
      await this.#act();
      await pause(this.#random.between(0, 2000));
    } while (Date.now() < until && !signal?.aborted);
  }

  async #act(): Promise<void> {
    const name = this.#random.pick([...this.#replicas.keys()]);
    const dice = this.#random.next();
    if (name === undefined || (dice < 0.2 && this.#replicas.size < maxDeployments)) return this.#create();
    if (dice < 0.35) return this.#delete(name);
    if (dice < 0.65) return this.#scale(name);
    if (dice < 0.9) return this.#rollOut(name);
    return this.#deletePod();
  }

  async #create(): Promise<void> {
    this.#created += 1;
    const name = `web-${this.#created}`;
    const replicas = this.#affordable(name);
    await this.#do('create', 'POST', deploymentsPath(namespace), sleeperDeployment(name, replicas));
    this.#replicas.set(name, replicas);
  }

  async #delete(name: string): Promise<void> {
    this.#replicas.delete(name);
    await this.#do('delete', 'DELETE', `${deploymentsPath(namespace)}/${name}`);
  }

  async #scale(name: string): Promise<void> {
    const replicas = this.#affordable(name);
    await this.#patch('scale', name, { spec: { replicas } });
    this.#replicas.set(name, replicas);
  }

  #rollOut(name: string): Promise<void> {
    const type = this.#random.next() < 0.25 ? 'Recreate' : 'RollingUpdate';
    const strategy: Deployment['spec']['strategy'] & object =
      type === 'Recreate' ? { type } : { type, rollingUpdate: { maxSurge: '50%', maxUnavailable: '25%' } };
    const annotations = { 'soak/rollout': String(this.#random.next()) };
    // A merge patch would keep the parameters of the strategy before.
    const rollingUpdate = strategy.rollingUpdate ?? null;
    return this.#patch('rollout', name, {
      spec: { strategy: { ...strategy, rollingUpdate }, template: { metadata: { annotations } } },
    });
  }

  async #deletePod(): Promise<void> {
    const pod = this.#random.pick(await this.#cluster.pods(namespace));
    if (!pod) return;
    const gracePeriodSeconds = this.#random.pick([0, 1, 2]);
    await this.#do('delete pod', 'DELETE', `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`, {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds,
    });
  }

  /** So many replicas for one Deployment that all together fit, with room for a surge. */
  #affordable(name: string): number {
    const others = [...this.#replicas].reduce((sum, [other, count]) => sum + (other === name ? 0 : count), 0);
    return this.#random.between(0, Math.min(10, maxPods - others));
  }

  #patch(action: string, name: string, change: unknown): Promise<void> {
    return this.#do(action, 'PATCH', `${deploymentsPath(namespace)}/${name}`, change);
  }

  async #do(action: string, method: string, path: string, body?: unknown): Promise<void> {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const { status, text } = await this.#cluster.client.send(method, path, body, contentType);
    const isGone = action === 'delete pod' && status === 404;
    if (status >= 300 && !isGone) throw new Error(`${action}: ${method} ${path}: ${status} ${text}`);
    this.actions[action] = (this.actions[action] ?? 0) + 1;
  }
}

function total(actions: Readonly<Record<string, number>>): number {
  return Object.values(actions).reduce((sum, count) => sum + count, 0);
}
