import { randomBytes } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ApiConnection } from '../api/api-connection.ts';
import { kubeconfigPath, readKubeconfig } from '../api/kubeconfig.ts';
import type { ReadyEngine } from '../engine/install-engine.ts';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';
import { type ClusterRanges, chooseClusterRanges } from './cluster-cidr.ts';
import { type ClusterState, clusterPaths, probeDirectory, writeClusterState } from './cluster-state.ts';
import { createJoinToken } from './join-token.ts';
import type { NodeSize } from './node-sizes.ts';
import { isRunning, logTail, programs, type StartedProcess, startProgram, stopProcess } from './processes.ts';

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
  readonly processes: readonly StartedProcess[];
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
    const token = await createJoinToken(api, 600);
    await writeFile(clusterPaths(options.dataDir).caFile, api.caPem);
    terminal.progress(`starting ${options.nodes.length} agents`);
    for (const node of options.nodes) processes.push(await startAgent(options, { node, token, server: api.server }));
    const state: ClusterState = {
      version: 1,
      cluster,
      server: api.server,
      dashboardPort: options.dashboardPort,
      ...ranges,
      ingress: options.ingress,
      controller: pick(controller),
      nodes: options.nodes.map((node, i) => ({ name: node.name, process: pick(processes[i + 1] ?? controller) })),
      isEngineStartedByUs: options.engine.isStartedByUs,
    };
    await writeClusterState(options.dataDir, state);
    return { state, api, processes };
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

function pick({ pid, startedAt }: StartedProcess) {
  return { pid, startedAt };
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

function startAgent(
  options: StartOptions,
  agent: { node: NodeSize; token: string; server: string },
): Promise<StartedProcess> {
  const paths = clusterPaths(options.dataDir);
  const { name, cpu, memory } = agent.node;
  const args = [
    ['--server', agent.server],
    ['--ca-file', paths.caFile],
    ['--node-name', name],
    ['--data-dir', paths.node(name)],
    ['--cpu', cpu],
    ['--memory', memory],
    ['--zone', 'local'],
    ['--ingress-address', options.address],
    ['--ingress-http-port', String(options.ingress.httpPort)],
    ['--ingress-https-port', String(options.ingress.httpsPort)],
  ].flat();
  // The token goes by the environment: a command line can be read by every user of the host.
  const env = { GANTRY_JOIN_TOKEN: agent.token };
  return startProgram({
    name: `the agent of ${name}`,
    program: programs.agent,
    args,
    logPath: `${paths.logs}/${name}.log`,
    env,
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
