import type { Allocation } from '../resize/allocation.ts';
import type { ResourcesInForce } from '../resize/resources-in-force.ts';
import type { ContainerRunState } from '../runtime/container-runtime.ts';
import type { ContainerKind } from './pod-containers.ts';

/** One container on the engine: one attempt at running a container of the pod. Times in milliseconds since the epoch. */
export interface Attempt {
  readonly id: string;
  /** The container's name in the pod's spec. */
  readonly container: string;
  /** 0 for the first; the restart count. */
  readonly number: number;
  readonly hash: string;
  /** The pause container whose namespaces it joined; empty where it has its own (or the host's). */
  readonly sandboxId: string;
  readonly state: ContainerRunState;
  readonly imageId: string;
  readonly hasTty: boolean;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why the engine could not start it; empty where it did. */
  readonly error: string;
  /** What the container left in its termination message file. */
  readonly message: string;
  /** Removed behind our back: how it ended is not known. */
  readonly isLost: boolean;
}

/** Whether the image of a container's next attempt is there. */
export type ImageState =
  | { readonly type: 'unknown' }
  /** `progress` says how far the pull has come. */
  | { readonly type: 'pending'; readonly progress?: string }
  | { readonly type: 'present'; readonly imageId: string; readonly user: string; readonly displayId: string }
  | {
      readonly type: 'failed';
      readonly retryAt: number;
      /** When ErrImagePull becomes ImagePullBackOff; undefined where it has. */
      readonly announceAt: number | undefined;
      readonly message: string;
    };

/** What is known of one container of the pod, all its attempts together. */
export interface ContainerTrack {
  readonly name: string;
  readonly kind: ContainerKind;
  /** Ascending by number; older ones than the last two are removed as soon as possible. */
  attempts: readonly Attempt[];
  /** Continues the count where no container is left to tell. */
  nextAttempt: number;
  image: ImageState;
  /** The image's id as a status shows it. */
  imageDisplayId: string;
  /** Why it is not being started, where that is not the usual ContainerCreating. */
  waiting: { readonly reason: string; readonly message: string } | undefined;
  /** Not before this time: a configuration or engine error is tried again then, or when something changes. */
  retryAt: number;
  retryDelayMs: number;
  /** The crash back-off: the last attempt is followed by another `restartDelayMs` after `restartDelaySince`. */
  restartDelayMs: number;
  restartDelaySince: number;
  /** The delay after the last failed pull. */
  pullDelayMs: number;
  /** The delay that the next crash will meet; 0 where there was none lately. */
  backOffMs: number;
  backOffUpdatedAt: number;
  /** Restart delay was announced for this attempt. */
  announcedBackOff: number;
  /** Being stopped: when SIGKILL is due. */
  stopping: Stopping | undefined;
  /** The attempt whose postStart hook is done with, or that has none; the container counts as started only then. */
  hookedId: string;
  /** The cpu and memory settings that the engine was given for the attempt. */
  inForce: AttemptResources | undefined;
  /** What the cgroup files said after a change; as given where undefined. */
  observedResources: AttemptResources | undefined;
  /** The attempt, holder of the pod's network namespace, that was connected. */
  attachedId: string;
  isReady: boolean;
  isStarted: boolean;
  /** A liveness or startup probe condemned this attempt. */
  condemned: { readonly attemptId: string; readonly message: string; readonly graceSeconds: number } | undefined;
}

export interface AttemptResources {
  readonly attemptId: string;
  readonly resources: ResourcesInForce;
}

/** Where a change of resources stands that is not done. */
export interface ResizeState {
  /** Granted, and not all of it is known to be in force, the limits of the pod's own cgroup included. */
  readonly isUnderWay?: boolean;
  /** The node does not grant these resources (a key of an allocation); asked again at `retryAt`. */
  readonly refusal?: {
    readonly key: string;
    readonly reason: 'Deferred' | 'Infeasible';
    readonly message: string;
    readonly retryAt: number;
  };
  /** Granted, but they could not be put in force. */
  readonly error?: { readonly message: string; readonly retryAt: number };
}

/** A container on its way out. */
export interface Stopping {
  readonly attemptId: string;
  /** When SIGKILL is due. */
  readonly killAt: number;
  readonly isKilled: boolean;
  /** The pod's deadline when its stop began: a later, earlier one counts instead of `killAt`. */
  readonly deadline?: number;
}

/** A new track, before anything is known. */
export function newTrack(name: string, kind: ContainerKind): ContainerTrack {
  return {
    name,
    kind,
    attempts: [],
    nextAttempt: 0,
    image: { type: 'unknown' },
    imageDisplayId: '',
    waiting: undefined,
    retryAt: 0,
    retryDelayMs: 0,
    restartDelayMs: 0,
    restartDelaySince: 0,
    pullDelayMs: 0,
    backOffMs: 0,
    backOffUpdatedAt: 0,
    announcedBackOff: -1,
    stopping: undefined,
    hookedId: '',
    attachedId: '',
    inForce: undefined,
    observedResources: undefined,
    isReady: false,
    isStarted: false,
    condemned: undefined,
  };
}

/** The newest attempt. */
export function lastAttempt(track: ContainerTrack): Attempt | undefined {
  return track.attempts.at(-1);
}

/** Everything known of a pod beside its spec. Owned by its worker; planning and status only read it. */
export interface PodState {
  readonly uid: string;
  /** The pause container first where there is one, then in the order of the spec: init, regular, ephemeral. */
  readonly tracks: Map<string, ContainerTrack>;
  ip: string | undefined;
  /** Network, volumes and cgroup are there. */
  isPrepared: boolean;
  /** All that was prepared, in this life of the agent or an earlier one, is surely gone. */
  isReleased: boolean;
  /** Not before this time are failed preparations tried again. */
  prepareRetryAt: number;
  prepareDelayMs: number;
  /** Milliseconds since the epoch: when this node first saw the pod. */
  startTime: number;
  /** Fields that the agent does not carry out; the pod then only waits. */
  unsupported: string | undefined;
  /** Why the node throws it out. */
  eviction: string | undefined;
  /** The resources that this node has granted; those of the spec unless a resize is under way. */
  allocation: Allocation;
  resize: ResizeState;
  /** Why this node refuses to run the pod, which then fails. */
  rejected: { readonly reason: string; readonly message: string } | undefined;
  /** Sticky: a pod that has ended never runs again. */
  ended: { readonly phase: 'Succeeded' | 'Failed'; readonly reason?: string; readonly message?: string } | undefined;
}
