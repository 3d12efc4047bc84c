import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { isNodeReady, isTerminated } from './pod-state.ts';

/** A pod that was evicted from a lost node: it is gone from the API, the page shows it a while longer. */
export interface Ghost {
  readonly pod: FeedPod;
  /** Server time at which it was gone, milliseconds since the epoch. */
  readonly at: number;
}

/** A ghost has a tile for this long, milliseconds; its number is told until the node returns. */
export const ghostTileMs = 60_000;

/** A line to its replacement is drawn for so long after that is Ready, milliseconds. */
export const arcMs = 10_000;

/** Ghosts remembered per node: more than the pods a node takes by default. */
const mostPerNode = 500;

const none: ReadonlyMap<string, Ghost> = new Map();

/**
 * The pods that vanished from lost nodes. The controller removes them from the API in one write, so that the objects
 * alone look as if the node had always been empty. Forgotten when the node returns or is removed.
 */
export class GhostBook {
  readonly #byNode = new Map<string, Map<string, Ghost>>();

  /** By pod uid, in the order in which they went. */
  on(nodeName: string): ReadonlyMap<string, Ghost> {
    return this.#byNode.get(nodeName) ?? none;
  }

  /** Call with the pod as it was last seen and its node as it is now. `at` is server time. */
  podGone(pod: FeedPod, node: FeedNode | undefined, at: number): void {
    if (!node || isNodeReady(node) || isTerminated(pod)) return;
    const ghosts = this.#byNode.get(node.key) ?? new Map<string, Ghost>();
    if (ghosts.size < mostPerNode) this.#byNode.set(node.key, ghosts.set(pod.uid, { pod, at }));
  }

  nodeChanged(node: FeedNode): void {
    if (isNodeReady(node)) this.#byNode.delete(node.key);
  }

  nodeGone(name: string): void {
    this.#byNode.delete(name);
  }
}
