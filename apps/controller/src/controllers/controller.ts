import { isApiError, type ObjectKey } from '@gantry/api-types';
import type { ApiClient, Clock, EventRecorder, InformerSource, Logger } from '@gantry/core';
import { RateLimitingQueue } from '@gantry/core';
import type { QueueMeter } from '../metrics/controller-instruments.ts';

/** What every controller works with. */
export interface ControllerServices {
  readonly client: ApiClient;
  readonly informers: InformerSource;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Counts what the queues do; absent where nobody asks. */
  readonly instruments?: { queue(name: string, depth: () => number): QueueMeter };
}

/** The part of a work queue that watches use. */
export interface KeyQueue {
  add(key: ObjectKey): void;
  addAfter(key: ObjectKey, delayMs: number): void;
}

/** When to reconcile the key again although nothing may happen to it; undefined for never. */
export interface ReconcileResult {
  readonly requeueAfterMs: number | undefined;
}

/** One control loop: which events make which keys need work, and the level-triggered pass over one key. */
export interface ControllerDefinition {
  readonly name: string;
  /** How many keys are worked on at once. */
  readonly workers: number;
  /** Subscribes to informers; called once, after the caches show the store. Returns what unsubscribes. */
  watch(queue: KeyQueue): readonly (() => void)[];
  /** Brings the world one step closer to what the object asks for. A rejection is retried with back-off. */
  reconcile(key: ObjectKey): Promise<ReconcileResult | undefined>;
}

export interface RunningController {
  /** Resolves once no pass is under way and none will start. */
  stop(): Promise<void>;
}

/** Runs a control loop until stopped. Costs nothing while no event comes. */
export function startController(
  definition: ControllerDefinition,
  services: Pick<ControllerServices, 'informers' | 'clock' | 'logger' | 'instruments'>,
): RunningController {
  const logger = services.logger.child({ controller: definition.name });
  const queue = new RateLimitingQueue<ObjectKey>(services.clock);
  const report = createErrorReport(logger);
  const meter = services.instruments?.queue(definition.name, () => queue.length);
  const unsubscribe: (() => void)[] = [];
  let isStopped = false;

  const work = async () => {
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
      if (!isStopped) await reconcileOnce(definition, { queue, key, report, meter });
      queue.done(key);
    }
  };
  const run = async () => {
    await services.informers.hasSynced;
    if (isStopped) return;
    unsubscribe.push(...definition.watch(meter ? metered(queue, meter) : queue));
    await Promise.all(Array.from({ length: definition.workers }, work));
  };
  const running = run();
  return {
    async stop() {
      isStopped = true;
      for (const end of unsubscribe) end();
      queue.shutDown();
      await running;
    },
  };
}

function metered(queue: KeyQueue, meter: QueueMeter): KeyQueue {
  return {
    add(key) {
      meter.added();
      queue.add(key);
    },
    addAfter(key, delayMs) {
      meter.added();
      queue.addAfter(key, delayMs);
    },
  };
}

interface Pass {
  readonly queue: RateLimitingQueue<ObjectKey>;
  readonly key: ObjectKey;
  readonly report: ErrorReport;
  readonly meter: QueueMeter | undefined;
}

async function reconcileOnce(definition: ControllerDefinition, { queue, key, report, meter }: Pass): Promise<void> {
  const startedAt = performance.now();
  let isFailure = false;
  try {
    const result = await definition.reconcile(key);
    queue.forget(key);
    report.succeeded(key);
    // Never at once: a controller that always asks for that would leave no turn of the event loop to anybody else.
    if (result?.requeueAfterMs !== undefined) queue.addAfter(key, Math.max(1, result.requeueAfterMs));
  } catch (error) {
    isFailure = true;
    report.failed(key, error, queue.retriesOf(key) + 1);
    queue.addRateLimited(key);
  }
  meter?.worked((performance.now() - startedAt) / 1000, isFailure);
}

/** Says once why a key cannot be reconciled, however often it is tried; again when the reason changes. */
interface ErrorReport {
  failed(key: ObjectKey, error: unknown, attempt: number): void;
  succeeded(key: ObjectKey): void;
}

function createErrorReport(logger: Logger): ErrorReport {
  /** The last message logged for each key that is failing. */
  const reported = new Map<ObjectKey, string>();
  return {
    failed(key, error, attempt) {
      // Somebody else wrote first, or the object went: the next pass sees it.
      if (isApiError(error, 'Conflict', 'NotFound') || isNamespaceTerminating(error)) {
        logger.debug({ key, err: error, attempt }, 'reconcile lost a race, trying again');
        return;
      }
      const message = error instanceof Error ? error.message : String(error);
      if (reported.get(key) === message) {
        logger.debug({ key, err: error, attempt }, 'reconcile failed again');
        return;
      }
      reported.set(key, message);
      logger.error({ key, err: error, attempt }, 'reconcile failed, backing off');
    },
    succeeded(key) {
      reported.delete(key);
    },
  };
}

/** True where something was not created because its namespace is going away. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    isApiError(error, 'Forbidden') &&
    (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
  );
}
