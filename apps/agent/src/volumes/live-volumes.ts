import type { Pod } from '@gantry/api-types';
import type { Clock, Logger } from '@gantry/core';
import type { NodeApi } from '../node-api.ts';
import type { PodFacts } from '../pod/field-values.ts';
import type { PodVolumes } from './pod-volumes.ts';
import { isPayloadVolume } from './volume-payload.ts';

export interface LiveVolumesOptions {
  readonly api: Pick<NodeApi, 'hasSynced' | 'recordEvent'>;
  readonly volumes: PodVolumes;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined while the pod is not set up on the node. */
  readonly factsOf: (podUid: string) => PodFacts | undefined;
}

interface LivePod {
  isDirty: boolean;
  running: Promise<void> | undefined;
  cancelRotation: (() => void) | undefined;
  cancelRemoval: (() => void) | undefined;
  /** The last problem that an event told of. */
  problem: string | undefined;
}

/** A reader that has just followed `..data` gets this long to open what it found there. */
const oldFilesKeptMs = 1_000;
const retryMs = 10_000;

/**
 * Keeps the files of running pods what their ConfigMaps, Secrets, labels, annotations and tokens say: a change is
 * written when it is heard of, a token when it is due. Level-triggered: each pass looks at everything the pod mounts.
 */
export class LiveVolumes {
  readonly #options: LiveVolumesOptions;
  readonly #pods = new Map<string, LivePod>();
  #isStopped = false;

  constructor(options: LiveVolumesOptions) {
    this.#options = options;
  }

  /** The pod, or something that it refers to, changed or may have changed. */
  changed(podUid: string): void {
    if (this.#isStopped) return;
    const facts = this.#factsOf(podUid);
    const known = this.#pods.get(podUid);
    if (!facts && !known) return;
    const live = known ?? newLivePod();
    this.#pods.set(podUid, live);
    live.isDirty = true;
    live.running ??= this.#run(podUid, live).finally(() => {
      live.running = undefined;
      if (live.isDirty) this.changed(podUid);
    });
  }

  /** Resolves once nothing is being written any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const running = [...this.#pods.values()].map((live) => {
      cancelTimers(live);
      return live.running;
    });
    await Promise.all(running);
  }

  #factsOf(podUid: string): PodFacts | undefined {
    const facts = this.#options.api.hasSynced ? this.#options.factsOf(podUid) : undefined;
    return facts?.pod.spec.volumes?.some(isPayloadVolume) ? facts : undefined;
  }

  async #run(podUid: string, live: LivePod): Promise<void> {
    while (live.isDirty && !this.#isStopped) {
      live.isDirty = false;
      const facts = this.#factsOf(podUid);
      if (facts) await this.#refresh(facts, live);
      else {
        cancelTimers(live);
        this.#pods.delete(podUid);
      }
    }
  }

  async #refresh(facts: PodFacts, live: LivePod): Promise<void> {
    const { volumes, clock, logger } = this.#options;
    const { uid } = facts.pod.metadata;
    live.cancelRotation?.();
    try {
      const { hasChanged, problem, nextRotation } = await volumes.refresh(facts);
      if (hasChanged) this.#removeOldFilesLater(facts.pod, live);
      this.#tell(facts.pod, live, problem);
      const dueAt = problem === undefined ? nextRotation : clock.now() + retryMs;
      if (dueAt === undefined || this.#isStopped) return;
      live.cancelRotation = clock.setTimer(() => this.changed(uid), Math.max(0, dueAt - clock.now()));
    } catch (error) {
      logger.warn({ podUid: uid, err: error }, 'cannot bring the volumes of the pod up to date');
    }
  }

  #removeOldFilesLater(pod: Pod, live: LivePod): void {
    const { volumes, clock, logger } = this.#options;
    live.cancelRemoval?.();
    if (this.#isStopped) return;
    live.cancelRemoval = clock.setTimer(() => {
      volumes
        .removeOldFiles(pod)
        .catch((error: unknown) => logger.warn({ podUid: pod.metadata.uid, err: error }, 'old files were not removed'));
    }, oldFilesKeptMs);
  }

  /** Once for each problem: the volume keeps its old files, and the pod runs on. */
  #tell(pod: Pod, live: LivePod, problem: string | undefined): void {
    const isNew = problem !== undefined && problem !== live.problem;
    live.problem = problem;
    // Objects are often deleted together with the pods that use them.
    if (!isNew || pod.metadata.deletionTimestamp !== undefined) return;
    this.#options.api.recordEvent({ pod, type: 'Warning', reason: 'FailedMount', message: problem });
  }
}

function newLivePod(): LivePod {
  return {
    isDirty: false,
    running: undefined,
    cancelRotation: undefined,
    cancelRemoval: undefined,
    problem: undefined,
  };
}

function cancelTimers(live: LivePod): void {
  live.cancelRotation?.();
  live.cancelRemoval?.();
}
