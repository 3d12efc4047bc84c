import { isApiError, type Node, type Pod } from '@gantry/api-types';
import {
  type ApiClient,
  type Clock,
  ClusterSnapshot,
  type EventRecorder,
  type InformerEvent,
  type InformerSource,
  type Logger,
  PodScheduler,
  type SchedulingResult,
} from '@gantry/core';
import type { QueuePlace } from '@gantry/core/scheduler/decision';
import type { VolumeDecision } from '@gantry/core/scheduler/pod-volumes';
import { type ClusterVersion, type QueuedPod, SchedulingQueue } from '@gantry/core/scheduler/scheduling-queue';
import type { SchedulerMeter } from '../metrics/controller-instruments.ts';
import type { DecisionLog } from './decision-log.ts';
import { DecisionWriter } from './decision-writer.ts';
import { UnschedulableReporter } from './unschedulable-reporter.ts';
import { VolumeBinder } from './volume-binder.ts';
import { watchVolumes } from './watch-volumes.ts';

export interface SchedulerOptions {
  readonly client: Pick<ApiClient, 'bind' | 'mergePatch' | 'update'>;
  readonly informers: InformerSource;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly decisions: DecisionLog;
  /** Counts the attempts; absent where nobody asks. */
  readonly meter?: SchedulerMeter;
  /** Bindings under way at once, so that the store can group their commits (default 64). */
  readonly maxBindings?: number;
  /** Runs a callback after other work had its turn (default `setImmediate`). */
  readonly defer?: (callback: () => void) => void;
}

export interface Scheduler {
  /** Where a pod stands that waits for its node; undefined for all others. */
  placeOf(uid: string): QueuePlace | undefined;
  /** The pods that wait, by what for. */
  pending(): ReturnType<SchedulingQueue['counts']>;
  /** What it decides by. For others to clone, not to change; empty until the caches have synced. */
  readonly snapshot: ClusterSnapshot;
  /** Resolves when no write is under way. */
  stop(): Promise<void>;
}

const schedulerName = 'default-scheduler';
/** Work per turn of the event loop, so that API calls are not held up. */
const sliceMs = 4;
const slicePods = 256;
/** Safety net: every blocked class is tried again this often, whatever was or was not noticed. */
const resyncMs = 30_000;

/**
 * Starts placing pods that name `default-scheduler` and have no node. One instance per cluster at a time.
 * Level-triggered: informers feed a snapshot and a queue of pods; each decision is taken in the snapshot at once and
 * bound through the API concurrently; whatever the binding comes to, the informers' state decides what happens next.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  return new SchedulerLoop(options);
}

type PlacedResult = Extract<SchedulingResult, { outcome: 'feasible' }>;

class SchedulerLoop implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #defer: (callback: () => void) => void;
  readonly #maxBindings: number;
  readonly snapshot = new ClusterSnapshot();
  readonly #scheduler = new PodScheduler(this.snapshot);
  readonly #queue = new SchedulingQueue();
  #resyncAt = 0;
  readonly #reporter: UnschedulableReporter;
  readonly #decisions: DecisionWriter;
  readonly #bindings = new Set<Promise<void>>();
  /** Pods that wait for their volumes: they must not hold up those that need none. */
  readonly #volumeBindings = new Set<Promise<void>>();
  readonly #volumeBinder: VolumeBinder;
  readonly #unsubscribe: (() => void)[] = [];
  #isPumpDue = false;
  #isStopped = false;
  #cancelWake: (() => void) | undefined;
  #cancelBackoff: (() => void) | undefined;
  #cancelResync: (() => void) | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#defer = options.defer ?? ((callback) => setImmediate(callback));
    this.#maxBindings = options.maxBindings ?? 64;
    const { client, events, clock, logger, informers, decisions } = options;
    this.#volumeBinder = new VolumeBinder({ client, informers, clock });
    this.#decisions = new DecisionWriter({ clock, decisions, snapshot: this.snapshot, scheduler: this.#scheduler });
    this.#reporter = new UnschedulableReporter({
      client,
      events,
      clock,
      logger,
      pods: informers.informer('pods').lister,
    });
    informers.hasSynced.then(
      () => this.#start(),
      (error: unknown) => logger.error({ err: error }, 'scheduler not started: caches did not sync'),
    );
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#cancelWake?.();
    this.#cancelBackoff?.();
    this.#cancelResync?.();
    this.#volumeBinder.stop();
    await Promise.all([this.#reporter.stop(), ...this.#bindings, ...this.#volumeBindings]);
  }

  #start(): void {
    if (this.#isStopped) return;
    const { informers } = this.#options;
    this.#unsubscribe.push(
      informers.informer('namespaces').onEvent(({ type, object }) => {
        const labels = type === 'deleted' ? undefined : (object.metadata.labels ?? {});
        this.snapshot.setNamespace(object.metadata.name, labels);
        this.#changed();
      }),
      ...watchVolumes(informers, this.snapshot, () => this.#changed()),
      informers.informer('nodes').onEvent((event) => this.#onNode(event)),
      informers.informer('pods').onEvent((event) => this.#onPod(event)),
    );
    this.#armResync();
    this.#changed();
  }

  pending(): ReturnType<SchedulingQueue['counts']> {
    return this.#queue.counts();
  }

  placeOf(uid: string): QueuePlace | undefined {
    const place = this.#queue.placeOf(uid);
    if (place?.state !== 'blocked') return place;
    // What fits nowhere is tried again when the cluster changes, and in any case now and then.
    return { ...place, nextTryAt: this.#resyncAt };
  }

  #armResync(): void {
    this.#resyncAt = this.#options.clock.now() + resyncMs;
    this.#cancelResync = this.#options.clock.setTimer(() => {
      this.#queue.wake(this.snapshot, true);
      this.#pumpSoon();
      this.#armResync();
    }, resyncMs);
  }

  #onNode({ type, object }: InformerEvent<Node>): void {
    if (type === 'deleted') this.snapshot.removeNode(object.metadata.name);
    else {
      try {
        this.snapshot.setNode(object);
      } catch (error) {
        this.#options.logger.error({ node: object.metadata.name, err: error }, 'node left out of scheduling');
        this.snapshot.removeNode(object.metadata.name);
      }
    }
    this.#changed();
  }

  #onPod({ type, object, previous }: InformerEvent<Pod>): void {
    if (previous && previous.metadata.uid !== object.metadata.uid) this.#gone(previous.metadata.uid);
    if (type === 'deleted') this.#gone(object.metadata.uid);
    else this.#observe(object);
    this.#changed();
  }

  #gone(uid: string): void {
    this.#drop(uid);
    this.#options.decisions.forget(uid);
  }

  #drop(uid: string): void {
    this.snapshot.removePod(uid);
    this.#leaveQueue(uid);
  }

  #leaveQueue(uid: string): void {
    this.#queue.delete(uid);
    this.#reporter.forget(uid);
  }

  /** Puts a pod where its present state says: on a node, in the queue, held by its gates, or nowhere. */
  #observe(pod: Pod): void {
    const { uid } = pod.metadata;
    try {
      const info = this.snapshot.factory.parse(pod);
      this.snapshot.setPod(info);
      if (info.nodeName !== undefined || info.isFinished || info.isTerminating || !isOurs(pod)) this.#leaveQueue(uid);
      else if (pod.spec.schedulingGates?.length) {
        this.#queue.delete(uid);
        const message = 'Scheduling is blocked due to non-empty scheduling gates';
        this.#reporter.report({ key: info.key, uid, reason: 'SchedulingGated', message });
      } else this.#queue.put(info);
    } catch (error) {
      this.#options.logger.error({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, err: error }, 'pod left out');
      this.#drop(uid);
    }
  }

  /** After any change: try what is new, and soon what was refused, if the change may help it. */
  #changed(): void {
    this.#pumpSoon();
    if (this.#cancelWake || this.#isStopped || !this.#queue.hasStale(this.snapshot)) return;
    // Changes come in bursts: the more classes wait, the more changes share one round of trying them.
    const delayMs = Math.min(5000, 10 + this.#queue.blockedClasses);
    this.#cancelWake = this.#options.clock.setTimer(() => {
      this.#cancelWake = undefined;
      this.#queue.wake(this.snapshot);
      this.#pumpSoon();
    }, delayMs);
  }

  #pumpSoon(): void {
    if (this.#isPumpDue || this.#isStopped) return;
    this.#isPumpDue = true;
    this.#defer(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    const { clock } = this.#options;
    const start = clock.now();
    for (let tried = 0; this.#bindings.size < this.#maxBindings && !this.#isStopped; tried++) {
      if (tried >= slicePods || clock.now() - start >= sliceMs) return this.#pumpSoon();
      const queued = this.#queue.take(clock.now());
      if (!queued) break;
      this.#scheduleOne(queued);
    }
    this.#armBackoff();
  }

  #armBackoff(): void {
    this.#cancelBackoff?.();
    this.#cancelBackoff = undefined;
    const readyAt = this.#queue.nextReadyAt;
    if (readyAt === undefined || this.#isStopped) return;
    const delayMs = Math.max(1, readyAt - this.#options.clock.now());
    this.#cancelBackoff = this.#options.clock.setTimer(() => this.#pumpSoon(), delayMs);
  }

  #scheduleOne(queued: QueuedPod): void {
    const { pod } = queued;
    const known = this.#queue.findBlocked(pod, this.snapshot);
    const startedAt = this.#options.clock.now();
    const result: SchedulingResult = known
      ? { outcome: 'unschedulable', message: known.message }
      : this.#scheduler.schedule(pod);
    if (result.outcome === 'unschedulable') {
      this.#refuse(queued, result.message, startedAt);
      return;
    }
    const volumes = this.snapshot.assume(pod, result.nodeName);
    this.#queue.succeeded(pod.uid);
    const bindings = volumes ? this.#volumeBindings : this.#bindings;
    const binding: Promise<void> = this.#bind(queued, result, startedAt, volumes).finally(() => {
      bindings.delete(binding);
      this.#changed();
    });
    bindings.add(binding);
  }

  #refuse(queued: QueuedPod, message: string, startedAt: number): void {
    const { pod } = queued;
    this.#queue.block(pod.uid, message, this.#version());
    this.#reporter.report({ key: pod.key, uid: pod.uid, reason: 'Unschedulable', message });
    this.#decisions.refused(queued, startedAt, message);
    this.#attempted('unschedulable', startedAt);
  }

  #version(): ClusterVersion {
    const { sequence, reliefVersion, volumesVersion } = this.snapshot;
    return { sequence, reliefVersion, volumesVersion };
  }

  async #bind(
    queued: QueuedPod,
    result: PlacedResult,
    startedAt: number,
    volumes: VolumeDecision | undefined,
  ): Promise<void> {
    const { pod } = queued;
    const { client, informers, events } = this.#options;
    const [namespace = '', name = ''] = pod.key.split('/');
    const object = informers.informer('pods').lister.get(pod.key);
    try {
      if (volumes) await this.#volumeBinder.bind(pod, result.nodeName, volumes);
      await client.bind(namespace, name, pod.uid, result.nodeName);
    } catch (error) {
      this.#attempted('error', startedAt);
      this.#bindingFailed(queued, result.nodeName, error);
      return;
    }
    this.#leaveQueue(pod.uid);
    const message = `Successfully assigned ${pod.key} to ${result.nodeName}`;
    if (object) events.record(object, { type: 'Normal', reason: 'Scheduled', message, component: schedulerName });
    this.#decisions.bound(queued, startedAt, result.nodeName, result.best);
    this.#attempted('scheduled', startedAt);
  }

  #attempted(result: 'scheduled' | 'unschedulable' | 'error', startedAt: number): void {
    const { meter, clock } = this.#options;
    meter?.attempted(result, Math.max(0, clock.now() - startedAt) / 1000);
  }

  #bindingFailed({ pod }: QueuedPod, nodeName: string, error: unknown): void {
    const { informers, logger, clock } = this.#options;
    this.snapshot.forget(pod.uid);
    const present = informers.informer('pods').lister.get(pod.key);
    if (!isApiError(error, 'Conflict', 'NotFound')) {
      logger.warn({ pod: pod.key, node: nodeName, err: error }, 'binding failed, backing off');
    }
    if (!present || present.metadata.uid !== pod.uid) this.#drop(pod.uid);
    else {
      this.#queue.retry(pod.uid, clock.now());
      this.#observe(present);
    }
  }
}

function isOurs({ spec }: Pod): boolean {
  return (spec.schedulerName ?? schedulerName) === schedulerName;
}
