import { isApiError, type NodeUsage, objectKey } from '@gantry/api-types';
import {
  type AgentFrame,
  agentProtocol,
  type ControllerFrame,
  closeCodes,
  decodeStreamData,
  type EventReport,
  type NodeEventReport,
  type NodeObjectChange,
  type NodeRegistration,
  type PodReference,
  parseFrame,
  type ServiceNetwork,
  type VolumeReference,
} from '@gantry/api-types/protocol';
import type { ScrapedPod, WantedMetrics } from '@gantry/api-types/scrape';
import type { ApiClient, Clock, EventRecorder, InformerSource, Logger } from '@gantry/core';
import { StreamOpener } from '@gantry/core/streams/stream-opener';
import type { RawData, WebSocket } from 'ws';
import type { IngressFeed } from './ingress-feed.ts';
import type { NodeObjects } from './node-objects.ts';
import type { NodeRegistrar } from './node-registration.ts';
import type { NodeRoutes } from './node-routes.ts';
import type { PodStatusWriter } from './pod-status-writer.ts';
import type { PolicyFeed } from './policy-feed.ts';
import { removeReclaimedVolume } from './reclaimed-volumes.ts';
import type { ServiceObjects } from './service-objects.ts';
import type { TokenGrants } from './token-grants.ts';

/** What all sessions of a controller share. */
export interface SessionServices {
  readonly client: ApiClient;
  readonly informers: InformerSource;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cluster: string;
  readonly heartbeatMs: number;
  readonly nodeObjects: NodeObjects;
  readonly policies: PolicyFeed;
  readonly ingress: IngressFeed;
  readonly serviceObjects: ServiceObjects;
  readonly serviceNetwork: ServiceNetwork;
  readonly nodeRoutes: NodeRoutes;
  readonly registrar: NodeRegistrar;
  readonly statusWriter: PodStatusWriter;
  readonly tokens: TokenGrants;
  /** Absent where nothing is asked of pods' own metrics. */
  readonly wantedMetrics: WantedMetricsSource | undefined;
}

/** Tells each agent which metrics of pods to collect, now and when that changes. */
export interface WantedMetricsSource {
  subscribe(sink: (items: readonly WantedMetrics[]) => void): () => void;
}

export interface SessionCallbacks {
  /** The agent's hello was accepted. */
  onReady(): void;
  onSignOfLife(): void;
  onUsage(usage: NodeUsage): void;
  onPodMetrics(items: readonly ScrapedPod[]): void;
  onClosed(): void;
}

/** A node's objects are sent in frames of about this size: an agent takes 64 MiB at most, a ConfigMap may be 1 MiB. */
const objectsFrameBytes = 4 * 1024 * 1024;
/** Text waiting to be sent to an agent that does not read; beyond this it is cut off and starts over. */
const maxBufferedBytes = 64 * 1024 * 1024;

/** One agent's connection: its hello, its reports, and what its node needs. */
export class NodeSession {
  readonly nodeName: string;
  readonly streams: StreamOpener;
  readonly #socket: WebSocket;
  readonly #services: SessionServices;
  readonly #callbacks: SessionCallbacks;
  readonly #logger: Logger;
  #outgoing: NodeObjectChange[] = [];
  #unsubscribe: (() => void) | undefined;
  #lastHeardMs: number;
  #isReady = false;
  #isClosed = false;

  constructor(socket: WebSocket, nodeName: string, services: SessionServices, callbacks: SessionCallbacks) {
    this.nodeName = nodeName;
    this.#socket = socket;
    this.#lastHeardMs = services.clock.now();
    this.#services = services;
    this.#callbacks = callbacks;
    this.#logger = services.logger.child({ node: nodeName });
    this.streams = new StreamOpener(
      {
        sendFrame: (frame) => this.#send(frame),
        sendData: (frame) => socket.send(frame, () => this.streams.onDrain()),
        isWritable: () =>
          socket.readyState === socket.OPEN && socket.bufferedAmount < agentProtocol.maxBufferedStreamBytes,
      },
      services.clock,
    );
    socket.on('message', (data: RawData, isBinary: boolean) => this.#onMessage(toBuffer(data), isBinary));
    socket.on('error', (error) => this.#logger.warn({ err: error }, 'agent connection failed'));
    socket.on('close', () => this.#onClose());
  }

  /** The agent's hello was accepted, and the connection stands. */
  get isReady(): boolean {
    return this.#isReady && !this.#isClosed;
  }

  /** When the last frame came, or the connection; milliseconds since the epoch. */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#socket.close(code, reason);
    // An agent that is cut off never answers the closing handshake.
    setTimeout(() => this.#socket.terminate(), 2_000).unref();
    this.#onClose();
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unsubscribe?.();
    this.streams.closeAll();
    this.#callbacks.onClosed();
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#isClosed) return;
    this.#lastHeardMs = this.#services.clock.now();
    // Before its hello is accepted, a connection says nothing about whether the node can run pods.
    if (this.#isReady) this.#callbacks.onSignOfLife();
    if (isBinary) {
      const frame = decodeStreamData(data);
      if (frame) this.streams.onData(frame.id, frame.channel, frame.data);
      else this.#refuseFrame();
      return;
    }
    const frame = parseFrame<AgentFrame>(data.toString('utf8'));
    if (!frame || (!this.#isReady && frame.type !== 'hello' && frame.type !== 'heartbeat')) return this.#refuseFrame();
    try {
      this.#onFrame(frame);
    } catch (error) {
      // The sender's JSON had the right type but not the right shape.
      this.#logger.warn({ err: error, frame: frame.type }, 'agent sent a malformed frame');
      this.#refuseFrame();
    }
  }

  #refuseFrame(): void {
    this.close(closeCodes.badFrame, 'the frame is not one of the agent protocol');
  }

  #onFrame(frame: AgentFrame): void {
    switch (frame.type) {
      case 'hello':
        void this.#onHello(frame.protocol, frame.registration);
        return;
      case 'heartbeat':
        return this.#send({ type: 'heartbeat' });
      case 'registration':
        void this.#register(frame.registration);
        return;
      case 'podStatuses':
        for (const { status, ...pod } of frame.items) this.#services.statusWriter.report(this.nodeName, pod, status);
        return;
      case 'podsTerminated':
        for (const pod of frame.items) void this.#onTerminated(pod);
        return;
      case 'volumesDeleted':
        for (const volume of frame.items) void this.#onVolumeDeleted(volume);
        return;
      case 'events':
        for (const event of frame.items) this.#recordEvent(event);
        return;
      case 'nodeEvents':
        for (const event of frame.items) this.#recordNodeEvent(event);
        return;
      case 'usage':
        return this.#callbacks.onUsage(frame.usage);
      case 'podMetrics':
        return this.#callbacks.onPodMetrics(frame.items);
      case 'requestToken':
        void this.#services.tokens.answer(this.nodeName, frame).then((answer) => this.#send(answer));
        return;
      case 'streamOpened':
      case 'streamRefused':
      case 'streamEnded':
      case 'streamCredit':
      case 'channelEnded':
        return this.streams.onFrame(frame);
      default:
        // A newer agent's frame: ignored, so that agents may be upgraded before the controller.
        return;
    }
  }

  async #onHello(protocol: number, registration: NodeRegistration): Promise<void> {
    if (protocol !== agentProtocol.version) {
      const message = `the agent speaks protocol ${protocol}, this controller ${agentProtocol.version}: install the agent of this controller (gantry join)`;
      this.#send({ type: 'refused', reason: 'BadRequest', message });
      return this.close(closeCodes.badFrame, 'protocol version');
    }
    // Before the Node says Ready: otherwise it could be marked as lost again at once.
    this.#callbacks.onSignOfLife();
    const podCIDR = await this.#register(registration);
    if (podCIDR === undefined || this.#isClosed || this.#isReady) return;
    this.#isReady = true;
    this.#callbacks.onReady();
    const { cluster, heartbeatMs, nodeObjects, nodeRoutes, policies, ingress } = this.#services;
    const { serviceObjects, serviceNetwork: services, wantedMetrics } = this.#services;
    this.#send({ type: 'welcome', nodeName: this.nodeName, cluster, podCIDR, heartbeatMs, services });
    const sink = (changes: readonly NodeObjectChange[]) => this.#queue(changes);
    const stopRoutes = nodeRoutes.subscribe((frame) => this.#send(frame));
    // Before the pods: none may start without what restricts it, or without knowing of the Services there are.
    const stopPolicies = policies.subscribe(this.nodeName, (items) => this.#send({ type: 'policies', items }));
    const stopServices = serviceObjects.subscribe(sink);
    const stopObjects = nodeObjects.subscribe(this.nodeName, sink);
    // Only to nodes with a proxy: the config holds the keys of certificates.
    const stopIngress = registration.ingress && ingress.subscribe((config) => this.#send({ type: 'ingress', config }));
    const stopWanted = wantedMetrics?.subscribe((items) => this.#send({ type: 'wantedMetrics', items }));
    this.#unsubscribe = () => {
      stopWanted?.();
      stopRoutes();
      stopIngress?.();
      stopPolicies();
      stopServices();
      stopObjects();
    };
    this.#flush();
    this.#send({ type: 'synced' });
  }

  async #register(registration: NodeRegistration): Promise<string | undefined> {
    try {
      return (await this.#services.registrar.register(this.nodeName, registration)).spec.podCIDR ?? '';
    } catch (error) {
      const isKnown = isApiError(error);
      this.#logger.warn({ err: error }, 'node registration refused');
      const message = isKnown ? error.message : 'the node could not be registered: see the controller log';
      this.#send({ type: 'refused', reason: isKnown ? error.reason : 'InternalError', message });
      this.close(closeCodes.badFrame, 'registration refused');
      return undefined;
    }
  }

  async #onTerminated(pod: PodReference): Promise<void> {
    try {
      const { client, informers } = this.#services;
      const present = informers.informer('pods').lister.get(objectKey(pod.namespace, pod.name));
      if (present?.metadata.uid !== pod.uid || present.spec.nodeName !== this.nodeName) return;
      await client.delete('pods', pod.namespace, pod.name, { gracePeriodSeconds: 0, preconditions: { uid: pod.uid } });
    } catch (error) {
      if (isApiError(error, 'NotFound', 'Conflict')) return;
      this.#logger.error({ err: error, pod }, 'terminated pod could not be removed');
    }
  }

  async #onVolumeDeleted(volume: VolumeReference): Promise<void> {
    try {
      await removeReclaimedVolume(this.#services, this.nodeName, volume);
    } catch (error) {
      if (isApiError(error, 'NotFound', 'Conflict')) return;
      this.#logger.error({ err: error, volume: volume.name }, 'the object of a removed volume could not be deleted');
    }
  }

  #recordEvent(event: EventReport): void {
    const pod = this.#services.informers.informer('pods').lister.get(objectKey(event.pod.namespace, event.pod.name));
    if (pod?.metadata.uid !== event.pod.uid) return;
    const { type, reason, message, fieldPath } = event;
    const about = fieldPath === undefined ? {} : { fieldPath };
    this.#services.events.record(pod, { type, reason, message, component: 'kubelet', host: this.nodeName, ...about });
  }

  #recordNodeEvent({ type, reason, message }: NodeEventReport): void {
    const node = this.#services.informers.informer('nodes').lister.get(objectKey(undefined, this.nodeName));
    if (!node) return;
    this.#services.events.record(node, { type, reason, message, component: 'kubelet', host: this.nodeName });
  }

  #queue(changes: readonly NodeObjectChange[]): void {
    if (changes.length > 0 && this.#outgoing.length === 0) setImmediate(() => this.#flush());
    this.#outgoing.push(...changes);
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return;
    const items = this.#outgoing;
    this.#outgoing = [];
    let texts: string[] = [];
    let size = 0;
    for (const item of items) {
      const text = this.#services.serviceObjects.textOf(item);
      if (size > 0 && size + text.length > objectsFrameBytes) {
        this.#sendText(`{"type":"objects","items":[${texts.join(',')}]}`);
        texts = [];
        size = 0;
      }
      texts.push(text);
      size += text.length;
    }
    this.#sendText(`{"type":"objects","items":[${texts.join(',')}]}`);
  }

  #send(frame: ControllerFrame): void {
    this.#sendText(JSON.stringify(frame));
  }

  #sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > maxBufferedBytes)
      return this.close(closeCodes.tooSlow, 'the agent does not read');
    this.#socket.send(text, () => this.streams.onDrain());
  }
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}
