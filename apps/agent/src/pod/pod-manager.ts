import { mkdir, realpath } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ApiError, type NodeUsage } from '@gantry/api-types';
import { cgroupLayout } from '../cgroups/cgroup-paths.ts';
import { PodCgroups } from '../cgroups/pod-cgroups.ts';
import { ShimMemory } from '../cgroups/shim-memory.ts';
import { UsageSampler } from '../cgroups/usage-sampler.ts';
import type { EvictionManager } from '../eviction/eviction-manager.ts';
import { createNodePressure, podsMemoryOf } from '../eviction/node-pressure.ts';
import type { ImageService } from '../images/image-service.ts';
import type { InspectionSource } from '../inspection/source.ts';
import { openPodLogs } from '../logs/open-pod-logs.ts';
import type { ReachablePod } from '../metrics/pod-scraper.ts';
import { NodePolicies } from '../network/node-policies.ts';
import { type OpenedNetwork, openPodNetwork, type Plumbing } from '../network/open-pod-network.ts';
import { toPolicyPod } from '../network/policy-pods.ts';
import type { LogRequest, NodePods, PodNetworkPlace, RunningContainer } from '../node-api.ts';
import type { ContainerEvent, ContainerRuntime, ContainerSummary } from '../runtime/container-runtime.ts';
import { ImageTransfers, type TransferPods } from '../transfers/image-transfers.ts';
import { claimsDirectoryOf } from '../volumes/claim-volumes.ts';
import { VolumeUpkeep } from '../volumes/volume-upkeep.ts';
import { connectRunning } from './connect-running.ts';
import { claimNode, createPodContext } from './create-pod-context.ts';
import { EngineWatch } from './engine-watch.ts';
import { EphemeralStorage } from './ephemeral-storage.ts';
import type { PodFacts } from './field-values.ts';
import { findContainer, findNetwork } from './find-container.ts';
import { inspectionSource } from './inspection-source.ts';
import { labelKeys, type NodeIdentity, nodeLabels } from './labels.ts';
import { type ResolvedOptions, resolveOptions } from './options.ts';
import type { PodContext } from './pod-context.ts';
import type { PodManagerSettings } from './pod-manager-settings.ts';
import { lastAttempt } from './pod-state.ts';
import { PodWorker } from './pod-worker.ts';
import { evictablePods, reachablePods, runningPods } from './running-pods.ts';
import { startImages } from './start-images.ts';
import { factsOf } from './step-environment.ts';
import { usageSources } from './usage-sources.ts';

/** The node's pods on its engine. */
export interface PodManager extends NodePods {
  /** Whether the engine answers. */
  readonly isEngineReachable: boolean;
  /** What the node is short of, as its conditions. */
  readonly conditions: EvictionManager['conditions'];
  /** Pods with a container that runs, and where they can be reached from the host. */
  reachablePods(): ReachablePod[];
  /** What the agent has on the host for the pods' network; undefined where the engine's bridge connects them. */
  readonly plumbing: Plumbing | undefined;
  /** Resolves once nothing is under way any more. Containers keep running. */
  stop(): Promise<void>;
}

/**
 * Runs the pods that `api` names on the engine, until `stop()`. Throws a `RuntimeError` where the engine does not
 * answer at the start; after that it may come and go. Containers of an earlier life of this node are taken over.
 */
export async function startPodManager(settings: PodManagerSettings): Promise<PodManager> {
  await mkdir(settings.dataDir, { recursive: true });
  // Mount tables name real paths.
  const dataDir = await realpath(settings.dataDir);
  const options = await resolveOptions(settings.runtime, settings.options ?? {});
  const { runtime, podCidr, logger } = settings;
  const identity: NodeIdentity = { cluster: settings.cluster, node: settings.nodeName };
  const { engine, nodeMilliCpu, networkMode: mode } = options;
  const podsMemoryBytes = podsMemoryOf(options);
  const { podPidsLimit, hugePageSizes } = options;
  const layout = cgroupLayout(engine);
  const limits = { podsMemoryBytes, podPidsLimit, hugePageSizes };
  const cgroups = new PodCgroups({ layout, identity, nodeMilliCpu, ...limits, logger });
  const cgroupParentOf = (podUid: string) => cgroups.parentOf(podUid);
  const opened = await openPodNetwork({ mode, runtime, engine, identity, podCidr, logger, cgroupParentOf });
  const images = await startImages({ ...settings, dataDir }, options);
  const manager = new DockerPodManager({ ...settings, dataDir }, options, { ...opened, cgroups, images });
  try {
    await manager.start();
  } catch (error) {
    await images.stop();
    throw error;
  }
  return manager;
}

/** What is opened before the manager. */
type OpenedParts = OpenedNetwork & { readonly cgroups: PodCgroups; readonly images: ImageService };

class DockerPodManager implements PodManager {
  readonly plumbing: Plumbing | undefined;
  readonly #settings: PodManagerSettings;
  readonly #workers = new Map<string, PodWorker>();
  readonly #context: PodContext;
  readonly #watch: EngineWatch;
  readonly #usage: UsageSampler;
  readonly #upkeep: VolumeUpkeep;
  readonly #storage: EphemeralStorage;
  readonly #images: ImageService;
  readonly #pressure: EvictionManager;
  readonly transfers?: ImageTransfers;
  readonly claimsDirectory: string;
  readonly inspection: InspectionSource;
  /** Until the containers are known nothing may be started, or it would be started twice. */
  #hasListed = false;
  #hasSwept = false;
  #listed: readonly ContainerSummary[] = [];
  #isStopped = false;

  constructor(settings: PodManagerSettings, options: ResolvedOptions, parts: OpenedParts) {
    this.#settings = settings;
    this.#images = parts.images;
    this.plumbing = parts.plumbing;
    this.claimsDirectory = claimsDirectoryOf(settings.dataDir);
    if (settings.imageTransfer) this.transfers = new ImageTransfers(settings.imageTransfer, () => this.#transferPods());
    const { api, runtime, clock, logger } = settings;
    this.#context = createPodContext(settings, options, {
      images: parts.images.images,
      network: parts.network,
      policies: this.#createPolicies(parts),
      cgroups: parts.cgroups,
      pressures: () => this.#pressure.pressures,
      onForgotten: (uid) => {
        this.#workers.delete(uid);
        this.#context.phases.forget(uid);
        this.#upkeep.volumesChanged();
      },
    });
    const layout = cgroupLayout(options.engine);
    const pidOf = async (id: string) => (await runtime.inspectContainer(id))?.pid;
    const wholeNode = options.ownsHost
      ? ({ type: 'host' } as const)
      : ({ type: 'cgroup', path: () => parts.cgroups.nodePath } as const);
    const sources = () => usageSources(this.#workers.values(), this.#context);
    this.#usage = new UsageSampler({ layout, clock, sources, pidOf, wholeNode, shims: new ShimMemory({ clock }) });
    const { volumes } = this.#context;
    this.inspection = inspectionSource(this.#context, layout, () => this.#workers.values());
    this.#upkeep = new VolumeUpkeep({
      api,
      volumes,
      clock,
      logger,
      storageCheckMs: options.storageCheckMs,
      factsOf: (uid) => this.#factsOf(uid),
      node: claimNode(settings),
      pods: () => [...this.#workers.values()].flatMap(({ pod, state }) => (pod && !state.isReleased ? [pod] : [])),
      evict: (uid, message) => this.#workers.get(uid)?.evict(message),
    });
    this.#storage = new EphemeralStorage({
      runtime,
      clock,
      logger,
      everyMs: options.storageCheckMs,
      pods: () => [...this.#workers.values()].flatMap(runningPods),
      volumeBytes: (pod) => volumes.emptyDirBytes(pod),
      evict: (uid, message) => this.#workers.get(uid)?.evict(message),
    });
    this.#pressure = createNodePressure({
      ...settings,
      layout,
      cgroups: parts.cgroups,
      settings: options,
      pods: () => [...this.#workers.values()].flatMap(evictablePods),
      volumeBytes: (pod) => volumes.emptyDirBytes(pod),
      freeImages: () => parts.images.freeUnused(),
      evict: (uid, message) => this.#workers.get(uid)?.evict(message),
      onConditions: settings.onConditions ?? (() => undefined),
      event: (reason, message) => api.recordNodeEvent({ type: 'Warning', reason, message }),
    });
    this.#watch = new EngineWatch({
      runtime,
      clock,
      logger,
      labels: nodeLabels(this.#context.identity),
      relistMs: options.relistMs,
      onEvent: (event) => this.#onEvent(event),
      onImages: () => this.#context.images.forget(),
      onList: (containers) => this.#onList(containers),
    });
    api.onChange((uid) => this.#onChange(uid));
    api.policies?.onChange(() => this.#takePolicies());
    this.#takePolicies();
    api.onVolumesChange(() => this.#upkeep.volumesChanged());
  }

  get isEngineReachable(): boolean {
    return this.#watch.isConnected;
  }

  get conditions(): EvictionManager['conditions'] {
    return this.#pressure.conditions;
  }

  async start(): Promise<void> {
    await this.#context.cgroups.open();
    // So that others on this host see at once which addresses are taken.
    await this.#context.network.ensure().catch((err: unknown) => {
      this.#settings.logger.warn({ err }, 'the pod network cannot be made yet, trying again with the first pod');
    });
    await this.#pressure.start();
    await this.#watch.start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#watch.stop();
    await Promise.all([this.#upkeep.stop(), this.#storage.stop(), this.#pressure.stop()]);
    this.#context.probes.stopAll();
    this.#context.hooks.stopAll();
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    await this.#images.stop();
    await this.#context.policies?.stop();
    await this.#context.network.stop();
    this.#usage.close();
  }

  #createPolicies({ plumbing, network }: OpenedParts): NodePolicies | undefined {
    const { clock, logger } = this.#settings;
    const pods = () =>
      [...this.#workers.values()].flatMap(({ uid, pod, state }) => {
        const ip = network.ipOf(uid);
        return pod && ip !== undefined && !state.isReleased ? [toPolicyPod(pod, ip)] : [];
      });
    return plumbing && new NodePolicies({ table: plumbing.table, pods, clock, logger });
  }

  #takePolicies(): void {
    const current = this.#settings.api.policies?.current();
    if (!current) return;
    if (this.#context.policies) this.#context.policies.setPolicies(current);
    else if (current.length > 0)
      this.#settings.logger.warn(
        { policies: current.length },
        'NetworkPolicies are not carried out on this node: its pods are on the bridge of the engine',
      );
  }

  openLogs(podUid: string, request: LogRequest, signal: AbortSignal): Promise<Readable> {
    const worker = this.#workers.get(podUid);
    const { runtime, clock } = this.#settings;
    return openPodLogs({ pod: worker?.pod, state: worker?.state, runtime, clock }, request, signal);
  }

  get runtime(): ContainerRuntime {
    return this.#settings.runtime;
  }

  findContainer(podUid: string, container: string): RunningContainer {
    return findContainer(this.#workers.get(podUid)?.state, container);
  }

  findNetwork(podUid: string): PodNetworkPlace {
    const worker = this.#workers.get(podUid);
    return findNetwork(worker?.pod, worker?.state);
  }

  reachablePods(): ReachablePod[] {
    return [...this.#workers.values()].flatMap((worker) => reachablePods(worker, this.#context.hostIp));
  }

  sampleUsage(): Promise<NodeUsage> {
    return this.#usage.sample();
  }

  #onChange(uid: string): void {
    if (!this.#hasListed || this.#isStopped) return;
    this.#workerFor(uid).kick(true);
    this.#context.policies?.podsChanged();
    this.#upkeep.changed(uid);
    void this.#sweepOnce();
  }

  #onEvent(event: ContainerEvent): void {
    const uid = event.labels[labelKeys.podUid];
    if (uid === undefined || this.#isStopped) return;
    // Before the first list is done, that list will tell.
    this.#workers.get(uid)?.suspect(event.id);
  }

  async #onList(containers: readonly ContainerSummary[]): Promise<void> {
    if (!this.#hasListed) await this.#adopt(containers);
    else this.#compare(containers);
    const isFirst = !this.#hasListed;
    this.#hasListed = true;
    if (this.#isStopped) return;
    if (isFirst) for (const uid of this.#settings.api.pods().keys()) this.#workerFor(uid);
    for (const worker of this.#workers.values()) worker.kick(isFirst);
    if (isFirst) for (const uid of this.#workers.keys()) this.#upkeep.changed(uid);
    this.#listed = containers;
    await connectRunning(this.#context, containers);
    await this.#sweepOnce();
  }

  async #adopt(containers: readonly ContainerSummary[]): Promise<void> {
    const details = await Promise.all(containers.map(({ id }) => this.#settings.runtime.inspectContainer(id)));
    // A pod that has ended may carry an address that a living one has by now: the living claim theirs first.
    const { api } = this.#settings;
    const hasEnded = (uid: string | undefined) => {
      const phase = api.pods().get(uid ?? '')?.status.phase;
      return phase === 'Succeeded' || phase === 'Failed';
    };
    const rank = (found: (typeof details)[number]) =>
      found?.state === 'running' ? 0 : hasEnded(found?.labels[labelKeys.podUid]) ? 2 : 1;
    for (const found of details.toSorted((a, b) => rank(a) - rank(b))) {
      const uid = found?.labels[labelKeys.podUid];
      if (found && uid !== undefined) this.#workerFor(uid).adopt(found);
    }
    const { logger } = this.#settings;
    if (containers.length > 0) logger.info({ containers: containers.length }, 'took over the containers of this node');
  }

  /** What the list says otherwise than the workers believe is looked at. */
  #compare(containers: readonly ContainerSummary[]): void {
    const listed = new Map(containers.map((container) => [container.id, container]));
    for (const worker of this.#workers.values()) {
      for (const track of worker.state.tracks.values()) {
        for (const attempt of track.attempts) {
          const found = listed.get(attempt.id);
          listed.delete(attempt.id);
          const isSame = found?.state === attempt.state || (found?.state === 'created' && attempt.error !== '');
          if (!isSame && !attempt.isLost) worker.suspect(attempt.id);
        }
      }
    }
    for (const { id, labels } of listed.values()) {
      const uid = labels[labelKeys.podUid];
      if (uid !== undefined) this.#workerFor(uid).suspect(id);
    }
  }

  #workerFor(uid: string): PodWorker {
    const known = this.#workers.get(uid);
    if (known) return known;
    const worker = new PodWorker(this.#context, uid);
    this.#workers.set(uid, worker);
    return worker;
  }

  /** Directories and cgroups of pods that are gone: once in the agent's life, when it knows what is not gone. */
  async #sweepOnce(): Promise<void> {
    const { api } = this.#settings;
    if (this.#hasSwept || !api.hasSynced) return;
    this.#hasSwept = true;
    // Asked for each one at its time: pods arrive meanwhile.
    const isKept = (uid: string) => api.pods().has(uid) || this.#workers.has(uid);
    try {
      // Now the pods of all that was found are known.
      await connectRunning(this.#context, this.#listed);
      await this.#context.network.sweep();
      await this.#context.volumes.sweep(isKept);
      await this.#context.cgroups.sweep(isKept);
    } catch (err) {
      this.#settings.logger.warn({ err }, 'cannot remove all that pods left behind');
    }
  }

  /** What the volumes of a pod that is set up are written from: its newest state, whatever its worker is busy with. */
  #factsOf(uid: string): PodFacts | undefined {
    const worker = this.#workers.get(uid);
    const pod = this.#settings.api.pods().get(uid);
    if (!worker || !pod || !worker.state.isPrepared) return undefined;
    return factsOf({ context: this.#context, worker, pod });
  }

  #transferPods(): TransferPods {
    return {
      noteImage: (reference, imageId) => this.#images.own.add(reference, imageId),
      runningContainer: (pod, container) => {
        const track = this.#workers.get(pod.uid)?.state.tracks.get(container);
        const attempt = track && lastAttempt(track);
        if (attempt?.state === 'running') return attempt.id;
        throw new ApiError('BadRequest', `container ${container} of pod ${pod.name} is not running`);
      },
    };
  }
}
