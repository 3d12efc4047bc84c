import { mkdir, readFile, realpath } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeRegistration } from '@gantry/api-types/protocol';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import type { WantedMetrics } from '@gantry/api-types/scrape';
import type { Logger } from '@gantry/core';
import type { AgentConfig } from './config.ts';
import { IngressProcess } from './ingress/ingress-process.ts';
import { AgentInstruments } from './metrics/agent-instruments.ts';
import type { PodScraper } from './metrics/pod-scraper.ts';
import { PodStarts } from './metrics/pod-starts.ts';
import { networkNames } from './network/names.ts';
import { findNftProblem } from './network/nft.ts';
import { afterRoutesFrame, RouteKeeper, type RoutesTold } from './network/route-keeper.ts';
import { describeNode, type NodeDescriptionOptions } from './node/describe-node.ts';
import { ownsHost, reserveOf } from './node/reserve.ts';
import { whenEngineAnswers } from './node/when-engine-answers.ts';
import { hostAddress } from './pod/host-limits.ts';
import { type PodManager, startPodManager } from './pod/pod-manager.ts';
import { type ContainerRuntime, messageOf } from './runtime/container-runtime.ts';
import { DockerImageTransfer } from './runtime/docker-image-transfer.ts';
import { DockerRuntime } from './runtime/docker-runtime.ts';
import { NodeServices, podNameServer } from './services/node-services.ts';
import { ControllerConnection, type Welcome } from './session/controller-connection.ts';
import { joinCluster, type NodeCredential, readCredential } from './session/join.ts';
import { NodeState } from './session/node-state.ts';
import { systemClock } from './system-clock.ts';
import { gantryVersion } from './version.ts';

export interface Agent {
  /** Resolves when nothing is under way any more. Containers run on. */
  stop(): Promise<void>;
}

const usageEveryMs = 2_000;
/** How often the host is described anew: the scheduler prefers nodes that have a pod's images, and these come and go. */
const describeEveryMs = 15_000;
const engineCheckMs = 1_000;
const startRetryMs = 2_000;

/** Starts a node's agent: joins if it must, connects, and runs the node's pods from the first welcome on. */
export async function startAgent(config: AgentConfig, logger: Logger): Promise<Agent> {
  const { credential, isNew } = await obtainCredential(config);
  const agent = new NodeAgent(config, credential, logger);
  await agent.start(isNew);
  return agent;
}

async function obtainCredential(config: AgentConfig): Promise<{ credential: NodeCredential; isNew: boolean }> {
  const kept = await readCredential(config.dataDir);
  const isSameNode = kept?.nodeName === config.nodeName && kept.server === config.server;
  if (kept && isSameNode && (!config.joinToken || (await isOfCluster(kept, config.caFile)))) {
    return { credential: kept, isNew: false };
  }
  if (!config.joinToken) {
    throw new Error(
      `this host has no credential for ${config.server}: set GANTRY_JOIN_TOKEN to a join token (\`gantry join\` prints a line with one)`,
    );
  }
  const caPem = await readFile(config.caFile, 'utf8');
  const { server, nodeName, dataDir, joinToken } = config;
  const credential = await joinCluster({ server, caPem, bootstrapToken: joinToken, nodeName, dataDir });
  return { credential, isNew: true };
}

/** A cluster that was made anew at the same address has another CA: the credential of the old one is worth nothing. */
async function isOfCluster(kept: NodeCredential, caFile: string): Promise<boolean> {
  return (await readFile(caFile, 'utf8')).trim() === kept.caPem.trim();
}

class NodeAgent implements Agent {
  readonly #config: AgentConfig;
  readonly #logger: Logger;
  readonly #runtime: ContainerRuntime;
  readonly #instruments = new AgentInstruments();
  readonly #state = new NodeState(new PodStarts(this.#instruments.pods, systemClock));
  readonly #connection: ControllerConnection;
  readonly #timers: NodeJS.Timeout[] = [];
  #registration: NodeRegistration | undefined;
  readonly #ingress: IngressProcess | undefined;
  #podCidr: string | undefined;
  #dataDir = '';
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;
  #starting: Promise<void> | undefined;
  #manager: PodManager | undefined;
  #services: NodeServices | undefined;
  #serviceProblem: string | undefined;
  /** Why pods cannot be run yet. */
  #startProblem: string | undefined;
  #routesTold: RoutesTold | undefined;
  #routes: RouteKeeper | undefined;
  #wantedMetrics: readonly WantedMetrics[] = [];
  #scraper: PodScraper | undefined;

  constructor(config: AgentConfig, credential: NodeCredential, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#runtime = new DockerRuntime({}, this.#instruments.engine);
    this.#ingress = createIngress(config, logger);
    this.#connection = new ControllerConnection({
      server: credential.server,
      caPem: credential.caPem,
      token: credential.token,
      agentVersion: gantryVersion,
      state: this.#state,
      clock: systemClock,
      logger,
      random: Math.random,
      instruments: this.#instruments.all,
      registration: () => this.#currentRegistration(),
      onNodeRoutes: (frame) => {
        this.#routesTold = afterRoutesFrame(this.#routesTold, frame);
        this.#routes?.update(this.#routesTold);
        this.#services?.setZone(this.#zone());
      },
      onIngress: (config) => this.#ingress?.setConfig(config),
      onWantedMetrics: (items) => void this.#scrape(items),
      onWelcome: (welcome) => this.#onWelcome(welcome),
    });
  }

  /** Whoever has just typed the line of `gantry join` is told that there is no engine; later, it is waited for. */
  async start(isNew: boolean): Promise<void> {
    await mkdir(this.#config.dataDir, { recursive: true });
    // As the engine and mount tables name it.
    this.#dataDir = await realpath(this.#config.dataDir);
    const describe = () => describeNode(this.#description());
    const logger = this.#logger;
    this.#registration = await (isNew ? describe() : whenEngineAnswers(describe, { pause, logger }));
    this.#connection.start();
    this.#every(describeEveryMs, () => this.#describeAgain());
    this.#every(usageEveryMs, () => this.#sendUsage());
    let wasReachable = true;
    this.#every(engineCheckMs, async () => {
      const isReachable = this.#manager?.isEngineReachable ?? true;
      if (isReachable !== wasReachable) this.#connection.sendRegistration();
      wasReachable = isReachable;
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#connection.stop();
    await this.#starting;
    clearTimeout(this.#retry);
    await this.#scraper?.stop();
    await this.#routes?.stop();
    await this.#manager?.stop();
    await this.#services?.stop();
    await this.#ingress?.stop();
  }

  #description(): NodeDescriptionOptions {
    const { nodeName, cpu, memory, maxPods, zone, labels, nodeIp } = this.#config;
    return {
      runtime: this.#runtime,
      nodeName,
      agentVersion: gantryVersion,
      dataDir: this.#dataDir,
      maxPods,
      labels,
      reserved: reserveOf(this.#config, totalmem()),
      ...(cpu === undefined ? {} : { milliCpu: parseCpuMilli(cpu) }),
      ...(memory === undefined ? {} : { memoryBytes: parseBytes(memory) }),
      ...(zone === undefined ? {} : { zone }),
      ...(nodeIp === undefined ? {} : { hostIp: nodeIp }),
    };
  }

  #currentRegistration(): NodeRegistration {
    if (!this.#registration) throw new Error('the host was not described yet');
    const notReadyReason = this.#notReadyReason();
    const problem = this.#serviceProblem;
    const conditions = this.#manager?.conditions ?? this.#registration.conditions;
    return {
      ...this.#registration,
      taints: this.#config.taints,
      ...(this.#ingress?.isListening === false ? {} : ingressOf(this.#config)),
      conditions: [...conditions, ...(problem === undefined ? [] : [noServices(problem)])],
      ...(notReadyReason === undefined ? {} : { notReadyReason }),
    };
  }

  #notReadyReason(): string | undefined {
    if (this.#manager?.isEngineReachable === false) return 'the Docker Engine does not answer';
    return this.#startProblem && `pods cannot be run yet: ${this.#startProblem}`;
  }

  #onWelcome(welcome: Welcome): void {
    this.#instruments.connected();
    if (this.#podCidr !== undefined && this.#podCidr !== welcome.podCIDR) {
      this.#logger.warn(
        { podCIDR: this.#podCidr, assigned: welcome.podCIDR },
        'the node was given another pod CIDR, which holds from the next start of this agent on',
      );
    }
    this.#podCidr ??= welcome.podCIDR;
    this.#starting ??= this.#startPods(welcome);
  }

  async #startPods(welcome: Welcome): Promise<void> {
    const { cpu, memory, nodeIp, isStrictPull, parallelStarts, nodeName, dataDir } = this.#config;
    const { allowedUnsafeSysctls, podPidsLimit } = this.#config;
    const { parallelPulls, imageGarbage } = this.#config;
    const { podCIDR, services } = welcome;
    try {
      this.#serviceProblem = await findNftProblem();
      const manager = await startPodManager({
        api: this.#state,
        tokens: this.#connection.tokens,
        meter: this.#instruments.pods,
        runtime: this.#runtime,
        imageTransfer: new DockerImageTransfer(),
        nodeName,
        cluster: welcome.cluster,
        podCidr: podCIDR,
        clusterDns: { server: podNameServer(services, podCIDR, this.#serviceProblem), domain: services.domain },
        dataDir: resolve(dataDir),
        clock: systemClock,
        logger: this.#logger,
        onConditions: () => this.#connection.sendRegistration(),
        options: {
          parallelStarts,
          parallelPulls,
          imageGarbage,
          strictPull: isStrictPull,
          networkMode: this.#config.networkMode,
          reserved: reserveOf(this.#config, totalmem()),
          allowedUnsafeSysctls,
          ...(podPidsLimit === undefined ? {} : { podPidsLimit }),
          evictionThresholds: this.#config.evictionThresholds,
          pressureTransitionMs: this.#config.pressureTransitionMs,
          ownsHost: ownsHost(this.#config),
          ...(nodeIp === undefined ? {} : { hostIp: nodeIp }),
          ...(cpu === undefined ? {} : { nodeMilliCpu: parseCpuMilli(cpu) }),
          ...(memory === undefined ? {} : { nodeMemoryBytes: parseBytes(memory) }),
        },
      });
      this.#connection.setPods(manager);
      this.#manager = manager;
      this.#services = this.#startServices(welcome);
      const isNews = this.#serviceProblem !== undefined || this.#startProblem !== undefined;
      this.#startProblem = undefined;
      if (isNews) this.#connection.sendRegistration();
      this.#keepRoutes(manager, welcome.cluster);
    } catch (error) {
      if (this.#isStopped) return;
      this.#logger.error({ err: error }, 'pods cannot be run yet, trying again');
      this.#startProblem = messageOf(error);
      this.#connection.sendRegistration();
      this.#retry = setTimeout(() => {
        this.#starting = this.#startPods(welcome);
      }, startRetryMs);
    }
  }

  #startServices({ cluster, podCIDR, services }: Welcome): NodeServices {
    const { nodeName, server } = this.#config;
    const zone = this.#zone();
    return new NodeServices({
      source: this.#state.services,
      services,
      podCidr: podCIDR,
      place: { nodeName, ...(zone === undefined ? {} : { zone }) },
      names: networkNames({ cluster, node: nodeName }),
      isPlumbed: this.#manager?.plumbing !== undefined,
      problem: this.#serviceProblem,
      server,
      clock: systemClock,
      logger: this.#logger,
    });
  }

  /** What the Node's label says goes before what we were started with. */
  #zone(): string | undefined {
    const { nodeName, zone } = this.#config;
    const own = this.#routesTold?.routes.find((route) => route.nodeName === nodeName);
    return own ? own.zone : zone;
  }

  #keepRoutes({ plumbing }: PodManager, cluster: string): void {
    const { networkMode: mode, nodeName, nodeIp } = this.#config;
    if (!plumbing || mode === 'engine') return;
    const identity = { cluster, node: nodeName };
    const hostIp = nodeIp ?? hostAddress();
    this.#routes = new RouteKeeper({ identity, hostIp, mode, plumbing, clock: systemClock, logger: this.#logger });
    if (this.#routesTold) this.#routes.update(this.#routesTold);
  }

  /** Most clusters want nothing of pods' own metrics: what reads them is loaded when one does. */
  async #scrape(items: readonly WantedMetrics[]): Promise<void> {
    this.#wantedMetrics = items;
    if (!this.#scraper) {
      if (items.length === 0) return;
      const { PodScraper: Scraper } = await import('./metrics/pod-scraper.ts');
      this.#scraper ??= new Scraper({
        pods: () => this.#manager?.reachablePods() ?? [],
        clock: systemClock,
        send: (found) => this.#connection.sendPodMetrics(found),
      });
    }
    if (!this.#isStopped) this.#scraper.setWanted(this.#wantedMetrics);
  }

  async #describeAgain(): Promise<void> {
    const registration = await describeNode(this.#description());
    if (JSON.stringify(registration) === JSON.stringify(this.#registration)) return;
    this.#registration = registration;
    this.#connection.sendRegistration();
  }

  async #sendUsage(): Promise<void> {
    if (!this.#manager || !this.#connection.isConnected) return;
    const startedAt = performance.now();
    const usage = await this.#manager.sampleUsage();
    const containers = usage.pods.reduce((sum, pod) => sum + (pod.containers?.length ?? 0), 0);
    this.#instruments.sampled((performance.now() - startedAt) / 1000, { pods: usage.pods.length, containers });
    this.#connection.sendUsage(usage);
  }

  /** Repeats `work`, one round at a time; a failed round is logged and the next one tried. */
  #every(periodMs: number, work: () => Promise<void>): void {
    let isRunning = false;
    const timer = setInterval(() => {
      if (isRunning) return;
      isRunning = true;
      work()
        .catch((error: unknown) => this.#logger.debug({ err: error }, 'a periodic task failed, trying again'))
        .finally(() => {
          isRunning = false;
        });
    }, periodMs);
    this.#timers.push(timer);
  }
}

/** The proxy for Ingresses; undefined where it was not wanted. */
function createIngress(config: AgentConfig, logger: Logger): IngressProcess | undefined {
  const { ingressAddress: host, ingressHttpPort, ingressHttpsPort } = config;
  if (ingressHttpPort === 0 && ingressHttpsPort === 0) return undefined;
  const listeners = {
    ...(ingressHttpPort === 0 ? {} : { http: { host, port: ingressHttpPort } }),
    ...(ingressHttpsPort === 0 ? {} : { https: { host, port: ingressHttpsPort } }),
  };
  return new IngressProcess({ listeners, program: process.argv[1] ?? '', clock: systemClock, logger });
}

function ingressOf(config: AgentConfig): Pick<NodeRegistration, 'ingress'> {
  const { ingressAddress, ingressHttpPort: httpPort, ingressHttpsPort: httpsPort, nodeIp } = config;
  if (httpPort === 0 && httpsPort === 0) return {};
  const isEverywhere = ingressAddress === '0.0.0.0' || ingressAddress === '::';
  const address = isEverywhere ? (nodeIp ?? hostAddress()) : ingressAddress;
  return {
    ingress: { address, ...(httpPort === 0 ? {} : { httpPort }), ...(httpsPort === 0 ? {} : { httpsPort }) },
  };
}

/** The Node condition that tells users what they would otherwise find out by failing connections. */
function noServices(message: string): NodeRegistration['conditions'][number] {
  return { type: 'ServicesUnavailable', status: 'True', reason: 'NoPacketRules', message };
}
