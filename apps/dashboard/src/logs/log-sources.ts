import type { FeedContainer, FeedPod } from '@gantry/api-types/feed';
import { nameOf } from '../format.ts';
import type { ContainerRun } from './log-stream.ts';

/** One container of one pod whose log is wanted. */
export interface WantedLog {
  /** Unique, over pods of the same name too. */
  readonly key: string;
  readonly pod: FeedPod;
  readonly container: FeedContainer;
}

/** All containers, in place of a name. */
export const everyContainer = '*';

/** Which logs are wanted of the pods: of the named container, of every one, or of each pod's first. */
export function wantedLogs(pods: readonly FeedPod[], container: string | undefined): WantedLog[] {
  return pods.flatMap((pod) =>
    pod.containers
      .filter((one, index) =>
        container === undefined ? index === 0 : container === everyContainer || one.name === container,
      )
      .map((one) => ({ key: `${pod.uid}/${one.name}`, pod, container: one })),
  );
}

/** The names of all containers of the pods, in their order. */
export function containerNames(pods: readonly FeedPod[]): string[] {
  return [...new Set(pods.flatMap((pod) => pod.containers.map(({ name }) => name)))];
}

export function runOf({ state, reason, restarts = 0 }: FeedContainer): ContainerRun {
  const isWaiting = state === 'waiting';
  return {
    // Waiting after a run is a back-off: the run is over, and the next one changes the id.
    id: `${restarts} ${state}`,
    isOver: state === 'terminated' || (isWaiting && restarts > 0),
    ...(isWaiting && restarts === 0 ? { waitsFor: reason ? `has not started: ${reason}` : 'has not started' } : {}),
  };
}

/**
 * Short names that tell the pods apart: what all names begin with, up to a dash, is left out (`web-7d9f-x2x1q` is `x2x1q`
 * among pods of the same ReplicaSet).
 */
export function shortNames(pods: readonly FeedPod[]): ReadonlyMap<string, string> {
  const names = pods.map(({ key }) => nameOf(key));
  const [first = ''] = names;
  let shared = names.length > 1 ? first.length : 0;
  for (const name of names) while (!name.startsWith(first.slice(0, shared))) shared--;
  const cut = first.lastIndexOf('-', shared - 1) + 1;
  return new Map(pods.map((pod) => [pod.uid, nameOf(pod.key).slice(names.length > 1 ? cut : 0)]));
}
