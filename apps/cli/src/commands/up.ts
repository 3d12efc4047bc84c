import { connect } from '../api/kubeconfig.ts';
import { waitUntilTaken } from '../cluster/cluster-cidr.ts';
import { type ClusterState, clusterPaths, prepareDataDir, readClusterState } from '../cluster/cluster-state.ts';
import { planNodeSizes } from '../cluster/node-sizes.ts';
import { choosePort } from '../cluster/ports.ts';
import { isRunning } from '../cluster/processes.ts';
import { type StartedCluster, startCluster } from '../cluster/start-cluster.ts';
import { takeStartLock } from '../cluster/start-lock.ts';
import { removeCluster, removeNode, stopProcesses } from '../cluster/stop-cluster.ts';
import { waitForDeployments, waitForNodes } from '../cluster/wait-ready.ts';
import { ensureDemoImages } from '../demo/demo-images.ts';
import { demoNamespace, deployDemo } from '../demo/deploy-demo.ts';
import { checkEngine } from '../engine/engine.ts';
import { ensureEngine, type ReadyEngine } from '../engine/install-engine.ts';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';
import { printSummary } from './up-summary.ts';

export interface UpOptions {
  readonly dataDir: string;
  /** Absent: as many as the cluster of this data directory had, else three. */
  readonly nodes?: number;
  readonly nodeCpu?: string;
  readonly nodeMemory?: string;
  /** Absent: where the cluster of this data directory listened, else 127.0.0.1. */
  readonly address?: string;
  readonly port?: number;
  readonly dashboardPort?: number;
  readonly ingressPort?: number;
  readonly ingressTlsPort?: number;
  /** Absent: the controller's 15. */
  readonly hpaSyncPeriodSeconds?: number;
  readonly isDemo: boolean;
  readonly keepsContainers: boolean;
  readonly isDetached: boolean;
}

const demoTimeoutMs = 180_000;
const defaultNodes = 3;
const defaultApiPort = 6443;
const defaultDashboardPort = 8080;
const defaultIngress = { httpPort: 30_080, httpsPort: 30_443 };

/** `gantry up`: a whole cluster on this host's engine, kept until Ctrl-C unless detached. */
export async function up(terminal: Terminal, options: UpOptions): Promise<void> {
  const running = await findRunning(options.dataDir);
  if (running) return attach(terminal, options, running);
  await prepareDataDir(options.dataDir);
  const engine = await ensureEngine(terminal);
  checkEngine(engine.info);
  const earlier = await stopLeftovers(terminal, options);
  if (earlier) await removeSurplusNodes(options, earlier);
  // From here on a Ctrl-C must undo what was started, at whatever point it comes.
  const interrupted = waitForSignal();
  const release = await takeStartLock(terminal);
  const started = await start(terminal, engine, options, earlier).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  const { state } = started;
  try {
    await Promise.race([
      makeReady(terminal, engine, options, { started, release }),
      interrupted.then(() => Promise.reject(new Interrupted())),
    ]);
    await printSummary(terminal, options.dataDir, state, started.api);
    started.api.close();
    if (options.isDetached) {
      terminal.line('The cluster runs in the background; `npm run down` ends it.');
      return process.exit(0);
    }
    terminal.line('Ctrl-C stops the cluster and removes what it made.');
    await watchUntil(interrupted, terminal, started);
  } catch (error) {
    await release();
    if (!(error instanceof Interrupted)) {
      await end(terminal, engine, options, state).catch((failure: unknown) => terminal.warn(messageOf(failure)));
      throw error;
    }
  }
  await end(terminal, engine, options, state);
  process.exit(0);
}

class Interrupted extends Error {}

async function start(
  terminal: Terminal,
  engine: ReadyEngine,
  options: UpOptions,
  earlier: ClusterState | undefined,
): Promise<StartedCluster> {
  const { nodeCpu, nodeMemory } = options;
  const { nodes: count, address, fallbackPort } = placeOf(options, earlier);
  const nodes = planNodeSizes(terminal, engine.info, {
    count,
    ...(nodeCpu === undefined ? {} : { cpu: nodeCpu }),
    ...(nodeMemory === undefined ? {} : { memory: nodeMemory }),
  });
  const port = await choosePort(terminal, {
    purpose: 'API',
    option: '--port',
    address,
    wanted: options.port,
    fallback: fallbackPort,
  });
  const dashboardPort = await choosePort(terminal, {
    purpose: 'dashboard',
    option: '--dashboard-port',
    address: '127.0.0.1',
    wanted: options.dashboardPort,
    fallback: earlier?.dashboardPort ?? defaultDashboardPort,
  });
  const ingress = await chooseIngressPorts(terminal, options, { address, earlier: earlier?.ingress });
  const { dataDir, hpaSyncPeriodSeconds } = options;
  return startCluster(terminal, {
    dataDir,
    engine,
    nodes,
    address,
    port,
    dashboardPort,
    ingress,
    earlier,
    hpaSyncPeriodSeconds,
  });
}

async function chooseIngressPorts(
  terminal: Terminal,
  { ingressPort, ingressTlsPort }: UpOptions,
  { address, earlier = defaultIngress }: { address: string; earlier: ClusterState['ingress'] | undefined },
): Promise<NonNullable<ClusterState['ingress']>> {
  const choice = { address, purpose: 'Ingresses' };
  return {
    httpPort: await choosePort(terminal, {
      ...choice,
      option: '--ingress-port',
      wanted: ingressPort,
      fallback: earlier.httpPort,
    }),
    httpsPort: await choosePort(terminal, {
      ...choice,
      option: '--ingress-tls-port',
      wanted: ingressTlsPort,
      fallback: earlier.httpsPort,
    }),
  };
}

/** What is not said is as it was: hosts that joined look for the API where they found it first. */
function placeOf(
  options: UpOptions,
  earlier: ClusterState | undefined,
): { nodes: number; address: string; fallbackPort: number } {
  const server = earlier && new URL(earlier.server);
  return {
    nodes: options.nodes ?? earlier?.nodes.length ?? defaultNodes,
    address: options.address ?? server?.hostname.replace(/^\[|\]$/g, '') ?? '127.0.0.1',
    fallbackPort: server ? Number(server.port || 443) : defaultApiPort,
  };
}

async function makeReady(
  terminal: Terminal,
  engine: ReadyEngine,
  options: UpOptions,
  { started, release }: { readonly started: StartedCluster; readonly release: () => Promise<void> },
): Promise<void> {
  const names = started.state.nodes.map((node) => node.name);
  const hasDemo = options.isDemo && (await makeDemoImages(terminal, engine));
  const podCidrs = await waitForNodes(terminal, started.api, names, started.processes);
  await waitUntilTaken(engine.docker, podCidrs);
  // Ports and address ranges are in use by now: the next start sees them.
  await release();
  if (!hasDemo) return;
  await deployDemo(started.api);
  await waitForDeployments(terminal, started.api, demoNamespace, demoTimeoutMs);
}

/** Without its images the demo is left out with one line; the cluster still starts. */
async function makeDemoImages(terminal: Terminal, engine: ReadyEngine): Promise<boolean> {
  try {
    await ensureDemoImages(engine.docker, (text) => terminal.progress(text));
    return true;
  } catch (error) {
    terminal.warn(`the demo is left out, because its images could not be made: ${messageOf(error).split('\n')[0]}`);
    return false;
  }
}

async function findRunning(dataDir: string): Promise<ClusterState | undefined> {
  const state = await readClusterState(dataDir);
  return state && (await isRunning(state.controller)) ? state : undefined;
}

/** A second `up` on the data directory of a running cluster: says where it is and leaves it to who started it. */
async function attach(terminal: Terminal, options: UpOptions, state: ClusterState): Promise<void> {
  const api = await connect(options.dataDir);
  terminal.line(`a cluster runs from ${clusterPaths(options.dataDir).root} already`);
  await printSummary(terminal, options.dataDir, state, api);
  api.close();
}

/** A cluster that was kept, or whose controller was killed, is taken up again: its containers run on. */
async function stopLeftovers(terminal: Terminal, options: UpOptions): Promise<ClusterState | undefined> {
  const state = await readClusterState(options.dataDir);
  if (!state) return undefined;
  terminal.line(
    `taking up the earlier cluster in ${clusterPaths(options.dataDir).root} (\`npm run down\` would remove it)`,
  );
  await stopProcesses(state);
  return state;
}

/** Nodes that the earlier cluster had and this one has not: nobody would look after their containers. */
async function removeSurplusNodes(options: UpOptions, earlier: ClusterState): Promise<void> {
  const surplus = earlier.nodes.slice(placeOf(options, earlier).nodes);
  await Promise.all(surplus.map((node) => removeNode(options.dataDir, earlier.cluster, node.name)));
}

async function end(terminal: Terminal, engine: ReadyEngine, options: UpOptions, state: ClusterState): Promise<void> {
  terminal.line();
  if (options.keepsContainers) {
    await stopProcesses(state);
    terminal.line(`stopped; the containers run on (\`npm run down -- --data-dir ${options.dataDir}\` removes them)`);
    return;
  }
  await removeCluster(terminal, engine.docker, options.dataDir, state);
  terminal.line(`stopped; everything it made is removed${engine.isStartedByUs ? ', the Docker Engine runs on' : ''}`);
}

function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve());
  });
}

/** Resolves with `interrupted`; rejects when the controller ends, and warns when an agent does, before anybody asked. */
async function watchUntil(interrupted: Promise<void>, terminal: Terminal, started: StartedCluster): Promise<void> {
  let isAsked = false;
  const failed = new Promise<never>((_, reject) => {
    for (const { child, name, logPath } of started.processes) {
      // Children were let go of when they started; here they are what keeps this command running.
      child.ref();
      child.once('exit', (code, signal) => {
        if (isAsked) return;
        const text = `${name} ended unexpectedly (${signal ?? `exit ${code}`}); its log is ${logPath}`;
        if (name === 'the controller') reject(new UserError(text));
        else terminal.warn(text);
      });
    }
  });
  try {
    await Promise.race([interrupted, failed]);
  } finally {
    isAsked = true;
  }
}
