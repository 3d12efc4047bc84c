import { ApiError, type NodeUsage } from '@gantry/api-types';
import type { IngressConfig } from '@gantry/api-types/ingress-config';
import {
  type AgentFrame,
  agentProtocol,
  type ControllerFrame,
  closeCodes,
  decodeStreamData,
  type NodeRegistration,
  parseFrame,
  type TokenRequestFrame,
} from '@gantry/api-types/protocol';
import type { ScrapedPod, WantedMetrics } from '@gantry/api-types/scrape';
import type { Clock, Logger } from '@gantry/core';
import type { Instrument } from '@gantry/core/metrics/instruments';
import { maxAgentRetryMs } from '@gantry/core/reconcile/heartbeat-watch';
import { StreamAcceptor } from '@gantry/core/streams/stream-acceptor';
import { WebSocket } from 'ws';
import type { NodePods } from '../node-api.ts';
import { createStreamHandler } from '../streams/serve-stream.ts';
import type { NodeState } from './node-state.ts';
import { TokenRequests } from './token-requests.ts';

export interface ControllerConnectionOptions {
  /** `https://host:port` of the controller's API. */
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
  readonly agentVersion: string;
  readonly state: NodeState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** What the agent counts of itself. */
  readonly instruments: readonly Instrument[];
  /** The newest description of this host; sent in the hello and again by {@link ControllerConnection.sendRegistration}. */
  readonly registration: () => NodeRegistration;
  /** Where the pods of all nodes are, or what changed of that. */
  readonly onNodeRoutes: (frame: Extract<ControllerFrame, { type: 'nodeRoutes' }>) => void;
  /** What the node's proxy is to do. */
  readonly onIngress: (config: IngressConfig) => void;
  /** Which metrics of pods the controller wants to know. */
  readonly onWantedMetrics: (items: readonly WantedMetrics[]) => void;
  /** The controller accepted this node for the first time in this process's life. */
  readonly onWelcome: (welcome: Welcome) => void;
}

/** What the controller says of the node and its cluster. */
export type Welcome = Extract<ControllerFrame, { type: 'welcome' }>;

const firstRetryMs = 250;
const refusedRetryMs = 15_000;
/** The controller answers each heartbeat: after this silence the connection is taken for dead. */
const silenceLimitMs = 10_000;
const connectTimeoutMs = 10_000;
/** From the open connection to the welcome: many agents may be registering at once. */
const welcomeTimeoutMs = 30_000;
const credentialRefused =
  'the controller does not accept the credential of this node: run the line that `gantry join` prints on this host again';

/** The agent's end of the session: keeps one connection to the controller, for as long as the agent lives. */
export class ControllerConnection {
  /** Tokens for the node's pods. */
  readonly tokens: TokenRequests;
  readonly #options: ControllerConnectionOptions;
  readonly #serveStream = createStreamHandler(
    () => this.#requirePods(),
    () => this.#options.instruments,
  );
  #socket: WebSocket | undefined;
  #streams: StreamAcceptor | undefined;
  #pods: NodePods | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #cancelWelcomeTimer: () => void = () => undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #lastHeardMs = 0;
  #isWelcome = false;
  #isStopped = false;
  #isFlushing = false;
  #wasRefused = false;

  constructor(options: ControllerConnectionOptions) {
    this.#options = options;
    const send = (frame: TokenRequestFrame): boolean => {
      if (this.#isWelcome) this.#send(frame);
      return this.#isWelcome;
    };
    this.tokens = new TokenRequests({ send }, options.clock);
    options.state.onOutgoing(() => this.#flushSoon());
  }

  start(): void {
    this.#connect();
  }

  /** Streams are refused until the pod manager, which starts after the first welcome, is known. */
  setPods(pods: NodePods): void {
    this.#pods = pods;
  }

  get isConnected(): boolean {
    return this.#isWelcome;
  }

  sendUsage(usage: NodeUsage): void {
    if (this.#isWelcome) this.#send({ type: 'usage', usage });
  }

  sendPodMetrics(items: readonly ScrapedPod[]): void {
    if (this.#isWelcome) this.#send({ type: 'podMetrics', items });
  }

  sendRegistration(): void {
    if (this.#isWelcome) this.#send({ type: 'registration', registration: this.#options.registration() });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (!socket || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.close(1000, 'the agent is stopping');
      setTimeout(() => socket.terminate(), 1_000).unref();
    });
  }

  #connect(): void {
    const { server, caPem, token, logger } = this.#options;
    const url = `${server.replace(/^http/, 'ws').replace(/\/+$/, '')}${agentProtocol.sessionPath}`;
    const socket = new WebSocket(url, {
      ca: caPem,
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: connectTimeoutMs,
      maxPayload: agentProtocol.maxFrameBytes * 4,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('open', () => this.#onOpen());
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#onMessage(data, isBinary));
    let status: number | undefined;
    socket.on('unexpected-response', (_request, response) => {
      status = response.statusCode;
      this.#wasRefused = status === 401 || status === 403;
      socket.terminate();
    });
    socket.on('error', (error) => {
      if (status === 401 || status === 403) logger.error({ status, server }, credentialRefused);
      else
        logger.warn(
          { err: status === undefined ? error.message : `it answered ${status}`, server },
          'no connection to the controller, trying again',
        );
    });
    socket.on('close', (code) => this.#onClose(code));
  }

  #onOpen(): void {
    const { state, logger, registration, agentVersion } = this.#options;
    this.#lastHeardMs = this.#options.clock.now();
    this.#cancelWelcomeTimer = this.#options.clock.setTimer(() => this.#socket?.terminate(), welcomeTimeoutMs);
    this.#streams = this.#acceptStreams(logger);
    state.startSync();
    this.#send({ type: 'hello', protocol: agentProtocol.version, agentVersion, registration: registration() });
  }

  #acceptStreams(logger: Logger): StreamAcceptor {
    const socket = this.#socket;
    return new StreamAcceptor({
      handle: this.#serveStream,
      logger,
      transport: {
        sendFrame: (frame) => this.#send(frame),
        sendData: (frame) => socket?.send(frame, () => this.#streams?.onDrain()),
        isWritable: () =>
          socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < agentProtocol.maxBufferedStreamBytes,
      },
    });
  }

  #requirePods(): NodePods {
    if (!this.#pods) throw new ApiError('ServiceUnavailable', 'the agent of the node is still starting: try again');
    return this.#pods;
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    this.#lastHeardMs = this.#options.clock.now();
    if (isBinary) {
      const frame = decodeStreamData(data);
      if (frame) return this.#streams?.onData(frame.id, frame.channel, frame.data);
      this.#socket?.close(closeCodes.badFrame, 'the frame is not one of the agent protocol');
      return;
    }
    try {
      const frame = parseFrame<ControllerFrame>(data.toString('utf8'));
      if (frame) return this.#onFrame(frame);
    } catch (error) {
      // Of the right type but not of its shape: nothing may be left half applied, so the state is sent anew.
      this.#options.logger.error({ err: error }, 'the controller sent a malformed frame');
    }
    this.#socket?.close(closeCodes.badFrame, 'the frame is not one of the agent protocol');
  }

  #onFrame(frame: ControllerFrame): void {
    const { state, logger } = this.#options;
    switch (frame.type) {
      case 'welcome':
        this.#cancelWelcomeTimer();
        this.#isWelcome = true;
        this.#retryMs = firstRetryMs;
        this.#startHeartbeat(frame.heartbeatMs);
        logger.info(
          { node: frame.nodeName, cluster: frame.cluster, podCIDR: frame.podCIDR },
          'connected to the controller',
        );
        this.#options.onWelcome(frame);
        return;
      case 'refused':
        this.#wasRefused = true;
        logger.error({ reason: frame.reason, detail: frame.message }, 'the controller refused this node');
        return;
      case 'nodeRoutes':
        return this.#options.onNodeRoutes(frame);
      case 'policies':
        return state.policies.set(frame.items);
      case 'ingress':
        return this.#options.onIngress(frame.config);
      case 'wantedMetrics':
        return this.#options.onWantedMetrics(frame.items);
      case 'objects':
        return state.applyChanges(frame.items);
      case 'synced':
        state.finishSync();
        return this.#flush();
      case 'token':
      case 'tokenRefused':
        return this.tokens.onFrame(frame);
      case 'openStream':
      case 'closeStream':
      case 'streamCredit':
      case 'channelEnded':
        return this.#streams?.onFrame(frame);
      default:
        // `heartbeat` only says that the controller lives; anything else is a newer controller's.
        return;
    }
  }

  #startHeartbeat(everyMs: number): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      if (this.#options.clock.now() - this.#lastHeardMs > silenceLimitMs) this.#socket?.terminate();
      else this.#send({ type: 'heartbeat' });
    }, everyMs);
  }

  #onClose(code: number): void {
    clearInterval(this.#heartbeat);
    this.#cancelWelcomeTimer();
    this.#streams?.closeAll();
    this.#streams = undefined;
    this.#isWelcome = false;
    this.tokens.failAll();
    if (this.#isStopped) return;
    if (code === closeCodes.replaced) {
      // Two agents that take turns would each start and stop the node's pods.
      this.#wasRefused = true;
      this.#options.logger.error({}, 'another agent runs with the credential of this node: stop one of the two');
    }
    const baseMs = this.#wasRefused ? refusedRetryMs : this.#retryMs;
    this.#wasRefused = false;
    this.#retryMs = Math.min(this.#retryMs * 2, maxAgentRetryMs);
    // Full jitter over the upper half, so that a controller's restart is not met by every agent at once.
    this.#retry = setTimeout(() => this.#connect(), baseMs * (0.5 + this.#options.random() / 2));
  }

  #flushSoon(): void {
    if (this.#isFlushing || !this.#isWelcome) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#isWelcome || !this.#options.state.hasSynced) return;
    for (const frame of this.#options.state.takeOutgoing()) this.#send(frame);
  }

  #send(frame: AgentFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify(frame), () => this.#streams?.onDrain());
  }
}
