import { ApiError, type NodeUsage } from '@gantry/api-types';
import { agentProtocol, closeCodes, type ServiceNetwork, type StreamRequest } from '@gantry/api-types/protocol';
import type { ScrapedPod } from '@gantry/api-types/scrape';
import type { ApiClient, Clock, EventRecorder, InformerSource, Logger } from '@gantry/core';
import type { OpenedStream } from '@gantry/core/streams/stream-opener';
import type { WebSocket } from 'ws';
import type { IssueToken } from '../auth/token-issuer.ts';
import { IngressFeed } from './ingress-feed.ts';
import { LeaseWriter } from './lease-writer.ts';
import { NodeObjects } from './node-objects.ts';
import { NodeRegistrar } from './node-registration.ts';
import { NodeRoutes } from './node-routes.ts';
import { NodeSession, type SessionServices, type WantedMetricsSource } from './node-session.ts';
import type { NodeStreams } from './node-streams.ts';
import { PodStatusWriter } from './pod-status-writer.ts';
import { PolicyFeed } from './policy-feed.ts';
import { ServiceObjects } from './service-objects.ts';
import { TokenGrants } from './token-grants.ts';

export interface AgentSessionsOptions {
  readonly client: ApiClient;
  readonly informers: InformerSource;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cluster: string;
  readonly clusterCidr: string;
  readonly nodeCidrMask: number;
  readonly serviceNetwork: ServiceNetwork;
  /** How often agents say that they live, in milliseconds. */
  readonly heartbeatMs: number;
  /** Tokens for the pods of the nodes; without it agents are told that there are none. */
  readonly issueToken?: IssueToken;
  /** Which metrics of their pods agents are to collect. */
  readonly wantedMetrics?: WantedMetricsSource;
  /** Told what agents found at pods' own endpoints. */
  readonly onPodMetrics?: (items: readonly ScrapedPod[]) => void;
  /** Told of every sample. */
  readonly onUsage?: (nodeName: string, usage: NodeUsage) => void;
}

const sweepEveryMs = 1_000;
/** A connection without a hello, or without a frame for this long, is taken for dead: its host may be. */
const silenceLimitMs = 10_000;

/** All connected agents: who lives, what they use, and byte streams from them. */
export class AgentSessions implements NodeStreams {
  readonly #services: SessionServices;
  readonly #sessions = new Map<string, NodeSession>();
  readonly #lastSeen = new Map<string, number>();
  readonly #usage = new Map<string, NodeUsage>();
  readonly #onUsage: (nodeName: string, usage: NodeUsage) => void;
  readonly #onPodMetrics: (items: readonly ScrapedPod[]) => void;
  readonly #leases: LeaseWriter;
  readonly #stopNodeWatch: () => void;
  #cancelSweep: () => void;
  #sweepDueMs = 0;
  #isStopped = false;

  constructor(options: AgentSessionsOptions) {
    const { client, informers, clock, logger } = options;
    this.#onUsage = options.onUsage ?? (() => undefined);
    this.#onPodMetrics = options.onPodMetrics ?? (() => undefined);
    const nodes = informers.informer('nodes');
    this.#services = {
      client,
      informers,
      events: options.events,
      clock,
      logger,
      cluster: options.cluster,
      heartbeatMs: options.heartbeatMs,
      tokens: new TokenGrants(informers, options.issueToken),
      nodeObjects: new NodeObjects(informers),
      policies: new PolicyFeed(informers, clock),
      ingress: new IngressFeed(informers, clock),
      serviceObjects: new ServiceObjects(informers),
      serviceNetwork: options.serviceNetwork,
      wantedMetrics: options.wantedMetrics,
      nodeRoutes: new NodeRoutes(nodes, options.clusterCidr),
      registrar: new NodeRegistrar({
        client,
        nodes,
        clock,
        clusterCidr: options.clusterCidr,
        nodeCidrMask: options.nodeCidrMask,
      }),
      statusWriter: new PodStatusWriter({ client, pods: informers.informer('pods'), clock, logger }),
    };
    this.#leases = new LeaseWriter({
      client,
      informers,
      clock,
      logger,
      connectedNodes: () => [...this.#sessions.values()].flatMap((s) => (s.isReady ? s.nodeName : [])),
    });
    this.#cancelSweep = this.#scheduleSweep();
    this.#stopNodeWatch = nodes.onEvent((event) => {
      if (event.type === 'deleted') this.#onNodeDeleted(event.object.metadata.name);
    });
  }

  /** Takes over an authenticated agent's socket. A newer connection of the same node replaces the older one. */
  accept(socket: WebSocket, nodeName: string): void {
    if (this.#isStopped) {
      socket.on('error', () => socket.terminate());
      return socket.close(closeCodes.goingAway, 'the controller is stopping');
    }
    this.#sessions.get(nodeName)?.close(closeCodes.replaced, 'another agent connected for this node');
    const seen = () => this.#lastSeen.set(nodeName, this.#services.clock.now());
    const session: NodeSession = new NodeSession(socket, nodeName, this.#services, {
      onReady: () => {
        seen();
        this.#leases.renewSoon(nodeName);
      },
      onSignOfLife: seen,
      onUsage: (usage) => {
        this.#usage.set(nodeName, forFeed(usage));
        this.#onUsage(nodeName, usage);
      },
      onPodMetrics: this.#onPodMetrics,
      onClosed: () => {
        if (this.#sessions.get(nodeName) === session) this.#sessions.delete(nodeName);
      },
    });
    this.#sessions.set(nodeName, session);
  }

  /** Milliseconds since the epoch of the last frame from the node's agent in this controller's life. */
  lastSeen(nodeName: string): number | undefined {
    return this.#lastSeen.get(nodeName);
  }

  /** Whether the node is kept alive by an agent session (now or before) rather than by its Lease alone. */
  hasSession(nodeName: string): boolean {
    return this.#lastSeen.has(nodeName);
  }

  isConnected(nodeName: string): boolean {
    return this.#sessions.has(nodeName);
  }

  /** How many agents are connected. */
  get connectedCount(): number {
    return this.#sessions.size;
  }

  /** The newest usage sample of each node, without its containers. */
  latestUsage(): ReadonlyMap<string, NodeUsage> {
    return this.#usage;
  }

  openStream(nodeName: string, request: StreamRequest, signal: AbortSignal): Promise<OpenedStream> {
    const session = this.#sessions.get(nodeName);
    if (session?.isReady) return session.streams.open(request, signal);
    const message = `node ${nodeName} has no connection to the controller: logs, exec and the like work once its agent is back`;
    return Promise.reject(new ApiError('ServiceUnavailable', message));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelSweep();
    this.#stopNodeWatch();
    this.#services.nodeObjects.stop();
    this.#services.policies.stop();
    this.#services.ingress.stop();
    this.#services.serviceObjects.stop();
    this.#services.nodeRoutes.stop();
    for (const session of [...this.#sessions.values()])
      session.close(closeCodes.goingAway, 'the controller is stopping');
    const { statusWriter, registrar } = this.#services;
    await Promise.all([this.#leases.stop(), statusWriter.stop(), registrar.stop()]);
  }

  #scheduleSweep(): () => void {
    const { clock } = this.#services;
    this.#sweepDueMs = clock.now() + sweepEveryMs;
    return clock.setTimer(() => this.#sweep(), sweepEveryMs);
  }

  #sweep(): void {
    const now = this.#services.clock.now();
    // After a stall of our own, frames that came meanwhile are read first.
    const wasStalled = now - this.#sweepDueMs > sweepEveryMs;
    for (const session of wasStalled ? [] : [...this.#sessions.values()]) {
      if (now - session.lastHeardMs <= silenceLimitMs) continue;
      this.#services.logger.warn({ node: session.nodeName }, 'the agent is silent, its connection is given up');
      session.close(closeCodes.silent, `no frame for ${silenceLimitMs / 1000} s`);
    }
    this.#cancelSweep = this.#scheduleSweep();
  }

  #onNodeDeleted(nodeName: string): void {
    this.#lastSeen.delete(nodeName);
    this.#usage.delete(nodeName);
    // Its agent, if it lives, connects anew and registers: removing a node for good means stopping its agent first.
    this.#sessions.get(nodeName)?.close(closeCodes.goingAway, 'the node was deleted');
  }
}

/** Pages are sent every sample of every pod: what they can ask for when somebody looks is left out. */
function forFeed({ pods, ...usage }: NodeUsage): NodeUsage {
  const trimmed = pods.map(({ uid, cpuMilli, memoryBytes, throttledRatio }) => ({
    uid,
    cpuMilli,
    memoryBytes,
    throttledRatio,
  }));
  return { ...usage, pods: trimmed };
}

/** The largest text or binary frame an agent may send. */
export const maxAgentFrameBytes = agentProtocol.maxFrameBytes;
