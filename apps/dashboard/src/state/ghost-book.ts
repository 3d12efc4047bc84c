import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { isNodeReady, isTerminated } from './pod-state.ts';

/** A line from a ghost to its replacement is drawn for so long after that is Ready, milliseconds. */
export const arcMs = 10_000;

/** Ghosts remembered per node: more than the pods a node takes by default. */
const mostPerNode = 500;

const none: ReadonlyMap<string, FeedPod> = new Map();

/**
 * The pods that vanished from lost nodes, shown as long as those are lost. The controller removes them from the API in one write, so that the objects
 * alone look as if the node had always been empty. Forgotten when the node returns or is removed.
 */
export class GhostBook {
  readonly #byNode = new Map<string, Map<string, FeedPod>>();

  /** As they were last seen, by pod uid, in the order in which they went. */
  on(nodeName: string): ReadonlyMap<string, FeedPod> {
    return this.#byNode.get(nodeName) ?? none;
  }

  /** Of all nodes. */
  get size(): number {
    let size = 0;
    for (const ghosts of this.#byNode.values()) size += ghosts.size;
    return size;
  }

  /** Call with the pod as it was last seen and its node as it is now; true where that was lost. */
  podGone(pod: FeedPod, node: FeedNode | undefined): boolean {
    if (!node || isNodeReady(node) || isTerminated(pod)) return false;
    const ghosts = this.#byNode.get(node.key) ?? new Map<string, FeedPod>();
    if (ghosts.size < mostPerNode) this.#byNode.set(node.key, ghosts.set(pod.uid, pod));
    return true;
  }

  nodeChanged(node: FeedNode): void {
    if (isNodeReady(node)) this.#byNode.delete(node.key);
  }

  nodeGone(name: string): void {
    this.#byNode.delete(name);
  }
}
