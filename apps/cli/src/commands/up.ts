import { waitUntilTaken } from '../cluster/cluster-cidr.ts';
import { type ClusterState, clusterPaths, prepareDataDir, readClusterState } from '../cluster/cluster-state.ts';
import { startAgentsAgain } from '../cluster/ended-agents.ts';
import { isRunning } from '../cluster/processes.ts';
import type { StartedAgent } from '../cluster/start-agent.ts';
import { type StartedCluster, startCluster } from '../cluster/start-cluster.ts';
import { takeStartLock } from '../cluster/start-lock.ts';
import { removeNode, stopProcesses } from '../cluster/stop-cluster.ts';
import { superviseProcesses } from '../cluster/supervise.ts';
import { waitForDeployments, waitForNodes } from '../cluster/wait-ready.ts';
import { makeDemoImages } from '../demo/demo-images.ts';
import { demoNamespace, deployDemo } from '../demo/deploy-demo.ts';
import { checkEngine } from '../engine/engine.ts';
import { ensureEngine, type ReadyEngine } from '../engine/install-engine.ts';
import { downCommand } from '../output/command-line.ts';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';
import { attach } from './attach.ts';
import { endCluster, sayKept, undoStart } from './end-cluster.ts';
import { chooseStart, placeOf } from './up-choices.ts';
import type { UpOptions } from './up-options.ts';
import { printSummary } from './up-summary.ts';

const demoTimeoutMs = 180_000;

/** `gantry up`: a whole cluster on this host's engine, kept until Ctrl-C unless detached. */
export async function up(terminal: Terminal, options: UpOptions): Promise<void> {
  const { dataDir } = options;
  const running = await findRunning(dataDir);
  if (running) return attach(terminal, options, running);
  await prepareDataDir(dataDir);
  const engine = await ensureEngine(terminal);
  checkEngine(engine.info);
  const earlier = await stopLeftovers(terminal, options);
  // From here on a Ctrl-C must undo what was started, at whatever point it comes.
  const interrupted = interruption();
  const release = await takeStartLock(terminal);
  const started = await chooseStart(terminal, engine, options, earlier)
    .then(async (choices) => {
      await removeSurplusNodes(terminal, options, earlier);
      return startCluster(terminal, choices);
    })
    .catch(async (error: unknown) => {
      await release();
      if (earlier) sayKept(terminal, dataDir);
      throw error;
    });
  const cluster = { started, state: started.state };
  let wasThere = earlier !== undefined;
  const ending = () => ({ ...options, docker: engine.docker, state: cluster.state });
  try {
    await Promise.race([makeReady(terminal, engine, options, { started, release }), rejectAt(interrupted)]);
    wasThere = true;
    await printSummary(terminal, dataDir, cluster.state, started.api);
    if (options.isDetached) {
      terminal.line(`The cluster runs in the background; \`${downCommand(dataDir)}\` ends it.`);
      return process.exit(0);
    }
    terminal.line(ctrlC(options, earlier !== undefined));
    await lookAfter(terminal, cluster, { dataDir, signal: interrupted });
  } catch (error) {
    await release();
    await undoStart(terminal, { ...ending(), wasThere }).catch((failure: unknown) => terminal.warn(messageOf(failure)));
    if (!(error instanceof Interrupted)) throw error;
    process.exit(0);
  }
  await endCluster(terminal, ending());
  process.exit(0);
}

class Interrupted extends Error {}

/** What Ctrl-C will do, said before anybody presses it. */
function ctrlC({ keepsContainers }: UpOptions, isTakenUp: boolean): string {
  if (keepsContainers) return 'Ctrl-C stops the cluster; its containers run on.';
  if (isTakenUp)
    return 'Ctrl-C stops the cluster and removes it, also what the earlier one had made (not with --keep).';
  return 'Ctrl-C stops the cluster and removes what it made.';
}

async function makeReady(
  terminal: Terminal,
  engine: ReadyEngine,
  options: UpOptions,
  { started, release }: { readonly started: StartedCluster; readonly release: () => Promise<void> },
): Promise<void> {
  const hasDemo = options.isDemo && (await makeDemoImages(terminal, engine.docker));
  const podCidrs = await waitForNodes(terminal, started.api, started.agents, [started.controller]);
  await waitUntilTaken(engine.docker, podCidrs);
  // Ports and address ranges are in use by now: the next start sees them.
  await release();
  if (hasDemo) await makeDemoReady(terminal, started);
}

/** The cluster is of use without its demo: what goes wrong with that is a warning. */
async function makeDemoReady(terminal: Terminal, { api }: StartedCluster): Promise<void> {
  let names: readonly string[];
  try {
    names = await deployDemo(api);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return terminal.warn(`the demo is not deployed as a whole, the cluster runs on: ${error.message}`);
  }
  const missing = await waitForDeployments(terminal, api, {
    namespace: demoNamespace,
    names,
    timeoutMs: demoTimeoutMs,
  });
  if (missing.length === 0) return;
  terminal.warn(`the demo is not Ready after ${demoTimeoutMs / 1000} s, the cluster runs on: ${missing.join('; ')}`);
}

/** Until Ctrl-C; rejects when the controller ends before. Keeps the state of `cluster` and its file up to date. */
async function lookAfter(
  terminal: Terminal,
  cluster: { readonly started: StartedCluster; state: ClusterState },
  { dataDir, signal }: { readonly dataDir: string; readonly signal: AbortSignal },
): Promise<void> {
  const { api, controller, agents } = cluster.started;
  // One after the other: each writes the state that the one before has left.
  let last: Promise<unknown> = Promise.resolve();
  const restart = async (ended: StartedAgent): Promise<StartedAgent> => {
    const nodes = cluster.state.nodes.filter(({ name }) => name === ended.node);
    const again = await startAgentsAgain(terminal, api, { dataDir, state: cluster.state, nodes });
    cluster.state = again.state;
    const [agent] = again.agents;
    if (!agent) throw new Error('its node is not written down');
    return agent;
  };
  await superviseProcesses(terminal, {
    controller,
    agents,
    signal,
    restart: (ended) => {
      const turn = last.then(() => restart(ended));
      last = turn.catch(() => undefined);
      return turn;
    },
  });
  api.close();
}

async function findRunning(dataDir: string): Promise<ClusterState | undefined> {
  const state = await readClusterState(dataDir);
  if (!state) return undefined;
  if (await isRunning(state.controller)) return state;
  if (state.supervisor && (await isRunning(state.supervisor)))
    throw new UserError(
      `the cluster in ${clusterPaths(dataDir).root} is being ended by process ${state.supervisor.pid}: try again when that has ended`,
    );
  return undefined;
}

/** A cluster that was kept, or whose controller was killed, is taken up again: its containers run on. */
async function stopLeftovers(terminal: Terminal, { dataDir }: UpOptions): Promise<ClusterState | undefined> {
  const state = await readClusterState(dataDir);
  if (!state) return undefined;
  terminal.line(
    `taking up the earlier cluster in ${clusterPaths(dataDir).root} (\`${downCommand(dataDir)}\` would remove it)`,
  );
  await stopProcesses(state);
  return state;
}

/** Nodes that the earlier cluster had and this one has not: nobody would look after their containers. */
async function removeSurplusNodes(
  terminal: Terminal,
  options: UpOptions,
  earlier: ClusterState | undefined,
): Promise<void> {
  const surplus = earlier?.nodes.slice(placeOf(options, earlier).nodes) ?? [];
  if (!earlier || surplus.length === 0) return;
  const names = surplus.map(({ name }) => name);
  terminal.line(
    `removing ${names.join(', ')}, of the earlier cluster's ${earlier.nodes.length} nodes, with all that is on them`,
  );
  await Promise.all(names.map((name) => removeNode(options.dataDir, earlier.cluster, name)));
}

/** Aborts when somebody asks this command to end. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Interrupted());
    signal.addEventListener('abort', () => reject(new Interrupted()), { once: true });
  });
}
