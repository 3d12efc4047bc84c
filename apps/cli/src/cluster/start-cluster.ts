import { randomBytes } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ApiConnection } from '../api/api-connection.ts';
import { kubeconfigPath, readKubeconfig } from '../api/kubeconfig.ts';
import type { ReadyEngine } from '../engine/install-engine.ts';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';
import { type ClusterRanges, chooseClusterRanges } from './cluster-cidr.ts';
import {
  type ClusterProcess,
  type ClusterState,
  clusterPaths,
  probeDirectory,
  writeClusterState,
} from './cluster-state.ts';
import type { NodeSize } from './node-sizes.ts';
import {
  identityOf,
  isRunning,
  logTail,
  ownProcess,
  programs,
  type StartedProcess,
  startProgram,
  stopProcess,
} from './processes.ts';
import { type StartedAgent, startAgents } from './start-agent.ts';

export interface StartOptions {
  readonly dataDir: string;
  readonly engine: ReadyEngine;
  readonly nodes: readonly NodeSize[];
  /** Where the API binds; agents on other hosts need an address they can reach. */
  readonly address: string;
  readonly port: number;
  readonly dashboardPort: number;
  readonly ingress: NonNullable<ClusterState['ingress']>;
  /** How often autoscalers decide; absent: the controller's own. */
  readonly hpaSyncPeriodSeconds: number | undefined;
  /** An earlier cluster of this data directory whose objects and containers are taken up again. */
  readonly earlier: ClusterState | undefined;
}

/** A running local cluster and the processes that this command started for it. */
export interface StartedCluster {
  readonly state: ClusterState;
  readonly api: ApiConnection;
  readonly controller: StartedProcess;
  /** One a node, in their order. */
  readonly agents: readonly StartedAgent[];
}

const controllerTimeoutMs = 60_000;

/** Starts the controller and one agent a node. What was started is stopped again where a step fails. */
export async function startCluster(terminal: Terminal, options: StartOptions): Promise<StartedCluster> {
  const processes: StartedProcess[] = [];
  try {
    const cluster = options.earlier?.cluster ?? `g${randomBytes(3).toString('hex')}`;
    const ranges = await rangesOf(options);
    terminal.progress('starting the controller');
    const controller = await startController(options, cluster, ranges);
    processes.push(controller);
    const api = await waitForApi(options, controller);
    await writeFile(clusterPaths(options.dataDir).caFile, api.caPem);
    terminal.progress(`starting ${options.nodes.length} agents`);
    const { dataDir, address, ingress } = options;
    const place = { dataDir, server: api.server, address, ingress };
    const agents = await startAgents(api, place, options.nodes, (agent) => processes.push(agent));
    const supervisor = await ownProcess();
    const state = stateOf(options, { cluster, server: api.server, ranges, controller, agents, supervisor });
    await writeClusterState(options.dataDir, state);
    return { state, api, controller, agents };
  } catch (error) {
    await Promise.all(processes.map((process) => stopProcess(process, 2_000)));
    throw error;
  }
}

/** Those of the cluster before, which its Services and nodes still have. */
async function rangesOf({ earlier, engine }: StartOptions): Promise<ClusterRanges> {
  if (!earlier) return chooseClusterRanges(engine.docker);
  return { clusterCidr: earlier.clusterCidr, serviceCidr: earlier.serviceCidr ?? '10.96.0.0/16' };
}

/** What is written down about a cluster that has just started; there is an agent for each node, in their order. */
export function stateOf(
  options: Pick<StartOptions, 'nodes' | 'dashboardPort' | 'ingress' | 'earlier'> & {
    readonly engine: Pick<ReadyEngine, 'isStartedByUs'>;
  },
  started: {
    readonly cluster: string;
    readonly server: string;
    readonly ranges: ClusterRanges;
    readonly controller: ClusterProcess;
    readonly agents: readonly ClusterProcess[];
    readonly supervisor: ClusterProcess;
  },
): ClusterState {
  const { dashboardPort, ingress, engine, earlier } = options;
  const { cluster, server, ranges, controller, agents, supervisor } = started;
  return {
    version: 1,
    cluster,
    server,
    dashboardPort,
    ...ranges,
    ingress,
    controller: identityOf(controller),
    nodes: agents.flatMap((agent, i) => {
      const node = options.nodes[i];
      return node ? [{ ...node, process: identityOf(agent) }] : [];
    }),
    supervisor,
    // A later start finds the engine that an earlier one started.
    isEngineStartedByUs: engine.isStartedByUs || earlier?.isEngineStartedByUs === true,
  };
}

function startController(options: StartOptions, cluster: string, ranges: ClusterRanges): Promise<StartedProcess> {
  const { hpaSyncPeriodSeconds } = options;
  const paths = clusterPaths(options.dataDir);
  const args = [
    ['--data-dir', paths.controller],
    ['--kubeconfig', paths.kubeconfig],
    ['--cluster', cluster],
    ['--cluster-cidr', ranges.clusterCidr],
    ['--service-cidr', ranges.serviceCidr],
    ['--address', options.address],
    ['--port', String(options.port)],
    ['--dashboard-port', String(options.dashboardPort)],
    hpaSyncPeriodSeconds === undefined ? [] : ['--hpa-sync-period-ms', String(Math.round(hpaSyncPeriodSeconds * 1000))],
  ].flat();
  return startProgram({
    name: 'the controller',
    program: programs.controller,
    args,
    logPath: `${paths.logs}/controller.log`,
  });
}

async function waitForApi(options: StartOptions, controller: StartedProcess): Promise<ApiConnection> {
  const deadline = Date.now() + controllerTimeoutMs;
  let lastError = 'its kubeconfig was not written';
  while (Date.now() < deadline) {
    if (!(await isRunning(controller))) throw new UserError(await explainExit(controller));
    try {
      await access(kubeconfigPath(options.dataDir));
      const api = new ApiConnection({ ...(await readKubeconfig(kubeconfigPath(options.dataDir))) });
      await api.json({ path: '/version' });
      return api;
    } catch (error) {
      lastError = messageOf(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new UserError(
    `the controller did not answer within ${controllerTimeoutMs / 1000} s (${lastError}); its log is ${controller.logPath}`,
  );
}

/** Why a program of ours ended: the message of the last line that it logged. */
export async function explainExit(ended: StartedProcess): Promise<string> {
  const tail = await logTail(ended.logPath, 1);
  // Without room it could not even say so.
  if (tail === '') await probeDirectory(dirname(ended.logPath));
  let reason = tail;
  try {
    const line = JSON.parse(tail) as { msg?: string; err?: { message?: string } };
    reason = [line.msg, line.err?.message].filter(Boolean).join(': ');
  } catch {
    // Not a log line: printed as it is.
  }
  return `${ended.name} ended at once: ${reason || 'it said nothing'} (log: ${ended.logPath})`;
}
