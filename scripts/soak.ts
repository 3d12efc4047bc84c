/**
 * `npm run soak`: what needs longer than a test may take. `npm run soak -- kills churn faults load` runs some stages;
 * GANTRY_SOAK_MINUTES is how long the churn lasts (60), and the others scale with it; GANTRY_SOAK_SEED repeats a run.
 * All but the load run side by side, each on a cluster of its own: a busy machine is part of the test.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { churn } from '../e2e/src/soak/churn.ts';
import { killControllerUnderLoad } from '../e2e/src/soak/controller-kills.ts';
import { injectFaults } from '../e2e/src/soak/fault-rounds.ts';
import { watchNodesUnderFullLoad } from '../e2e/src/soak/full-load.ts';
import { SoakCluster, sleeperImage } from '../e2e/src/soak/soak-cluster.ts';
import { openEngine, removeImages } from '../e2e/src/testbed/images.ts';
import { ensureTestTools } from './test-tools.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const progressEveryMs = 30_000;

const minutes = Number(process.env.GANTRY_SOAK_MINUTES ?? 60);
const seed = Number(process.env.GANTRY_SOAK_SEED ?? Date.now() % 1_000_000);
/** Rounds that take a few seconds each; hundreds of them in the hour that the default is. */
const scaled = (perHour: number): number => Math.max(3, Math.round((perHour * minutes) / 60));

const interrupted = new AbortController();
const { signal } = interrupted;

/** Each resolves with its figures in one line. */
const stages = {
  load: () => withCluster(loadFully),
  kills: async () => `${await killStore(scaled(400))}; ${await withCluster(killController)}`,
  churn: () => withCluster(churnAlong),
  faults: () => withCluster(breakThings),
} satisfies Record<string, () => Promise<string>>;
/** One after another; the stages of one step at the same time. */
const steps: readonly (readonly (keyof typeof stages)[])[] = [['load'], ['kills', 'churn', 'faults']];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in stages));
if (unknown.length > 0 || !(minutes > 0)) {
  console.error(
    unknown.length > 0
      ? `no such stage: ${unknown.join(' ')}; there are ${Object.keys(stages).join(', ')}`
      : 'GANTRY_SOAK_MINUTES must be a number above 0',
  );
  process.exit(2);
}
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    // What was started is removed first; a second signal does not wait for that.
    if (signal.aborted) process.exit(130);
    console.log('stopping: the cluster is removed');
    interrupted.abort();
  });
await ensureTestTools(['docker', 'browser']);
console.log(`soak: ${minutes} minutes a stage, seed ${seed}`);
const summaries: string[] = [];
for (const names of steps) {
  const chosen = names.filter((name) => wanted.length === 0 || wanted.includes(name));
  if (signal.aborted) break;
  summaries.push(...(await Promise.all(chosen.map((name) => runStage(name, stages[name])))));
}
await removeImages(openEngine(), [sleeperImage]);
console.log(`\n${summaries.join('\n')}`);
if (signal.aborted) process.exitCode = 130;

async function runStage(name: string, run: () => Promise<string>): Promise<string> {
  console.log(`\n== ${name}`);
  const startedAt = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  const ticker = setInterval(() => console.log(`   ${name}: ${elapsed()}`), progressEveryMs);
  try {
    const figures = await run();
    return `${name}: ${signal.aborted ? 'interrupted' : 'passed'} after ${elapsed()}: ${figures}`;
  } catch (error) {
    process.exitCode = 1;
    // A clean-up that failed, too, hides what came first.
    const [first, ...others] = error instanceof SuppressedError ? [error.suppressed, error.error] : [error];
    console.error(first, ...others);
    return `${name}: FAILED after ${elapsed()}: ${first instanceof Error ? first.message : String(first)}`;
  } finally {
    clearInterval(ticker);
  }
}

async function withCluster(use: (cluster: SoakCluster) => Promise<string>): Promise<string> {
  await using cluster = await SoakCluster.start();
  return await use(cluster);
}

async function killController(cluster: SoakCluster): Promise<string> {
  const figures = await killControllerUnderLoad(cluster, { rounds: scaled(200), seed, log, signal });
  return (
    `controller killed ${figures.kills} times, ${figures.writes} writes, ${figures.deletions} deletions and ` +
    `${figures.scalings} scalings acknowledged and none lost, watch resumed ${figures.resumedWatches} times, ` +
    `slowest start ${figures.slowestStartMs} ms`
  );
}

async function loadFully(cluster: SoakCluster): Promise<string> {
  const figures = await watchNodesUnderFullLoad(cluster, { seconds: 60, signal });
  return (
    `no node NotReady in ${figures.seconds} s with ${figures.busyProcesses} busy processes ` +
    `(load average ${figures.loadAverage.toFixed(1)}), slowest GET ${figures.slowestGetMs} ms`
  );
}

async function churnAlong(cluster: SoakCluster): Promise<string> {
  const { actions, rounds, looks, slowestSettleMs, resources } = await churn(cluster, { minutes, seed, log, signal });
  return `${counts(actions)}; ${rounds} rounds, ${looks} looks, slowest to settle ${slowestSettleMs} ms; ${resources}`;
}

async function breakThings(cluster: SoakCluster): Promise<string> {
  const { faults, slowestRecoveryMs, looks, resources } = await injectFaults(cluster, { minutes, seed, log, signal });
  const each = Object.entries(faults).map(
    ([kind, count]) =>
      `${kind} ${count} times (slowest recovery ${((slowestRecoveryMs[kind] ?? 0) / 1000).toFixed(1)} s)`,
  );
  return `${each.join(', ')}; ${looks} looks; ${resources}`;
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/** The store alone, in a process of its own that is killed in mid-write: the unit test with many more rounds. */
async function killStore(rounds: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const args = ['run', '--root', 'apps/controller', 'src/store/sqlite-store.kill.test.ts'];
  const env = { ...process.env, GANTRY_SOAK_KILLS: String(rounds) };
  const child = spawn('vitest', args, { cwd: root, stdio: 'inherit', env });
  const onAbort = () => child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort, { once: true });
  child.on('error', reject);
  child.on('close', (code) =>
    code === 0 ? resolve() : reject(new Error(`the kill test of the store failed (${code})`)),
  );
  await promise;
  signal.removeEventListener('abort', onAbort);
  return `store killed ${rounds} times, no acknowledged write lost`;
}

function log(line: string): void {
  console.log(`   ${line}`);
}
