import type { Pod } from '@gantry/api-types';
import type { Attempt, PodState } from './pod-state.ts';

/** The one next thing to do for a pod. */
export type PodStep =
  | { readonly type: 'prepare' }
  /** Connect the network namespace that this running container holds. */
  | { readonly type: 'attach'; readonly container: string; readonly attempt: Attempt }
  | { readonly type: 'ensureImage'; readonly container: string }
  /** Create the next attempt, and start it. */
  | { readonly type: 'run'; readonly container: string }
  /** Start an attempt that was created but, because we were killed in between, not started. */
  | { readonly type: 'start'; readonly container: string; readonly attempt: Attempt }
  | StopStep
  | { readonly type: 'kill'; readonly container: string; readonly attempt: Attempt }
  | { readonly type: 'remove'; readonly container: string; readonly attempt: Attempt }
  /** Decide on the resources that the spec asks for. */
  | { readonly type: 'allocate' }
  /** Put granted resources in force. */
  | { readonly type: 'resize' }
  | { readonly type: 'announcePullBackOff'; readonly container: string }
  | { readonly type: 'announceBackOff'; readonly container: string; readonly attempt: Attempt }
  | {
      readonly type: 'end';
      readonly phase: 'Succeeded' | 'Failed';
      readonly reason?: string;
      readonly message?: string;
    }
  /** All containers are gone or ended for good: volumes, address and cgroup can go. */
  | { readonly type: 'releaseResources' }
  /** The pod is deleted and nothing of it is left. */
  | { readonly type: 'finish' }
  | WaitStep;

export interface StopStep {
  readonly type: 'stop';
  readonly container: string;
  readonly attempt: Attempt;
  readonly message: string;
  readonly graceSeconds: number;
  /** The time by which the whole pod must have stopped, where it is on its way out. */
  readonly deadline?: number;
}

export interface WaitStep {
  readonly type: 'wait';
  readonly until?: number;
  /** The container has ended for good. */
  readonly isOver?: boolean;
}

export interface PlanInput {
  readonly pod: Pod;
  readonly state: PodState;
  /** When the pod's containers have to be stopped for good: the time of SIGKILL; undefined while the pod is wanted. */
  readonly deadline: number | undefined;
  readonly now: number;
}

/** Waits until the first of the times. */
export function waitUntil(...times: readonly (number | undefined)[]): WaitStep {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? { type: 'wait' } : { type: 'wait', until: Math.min(...known) };
}
