import { isApiError, type Node, type Pod } from '@gantry/api-types';
import type { ApiClient } from '@gantry/core';
import { isLeftByDrain } from '@gantry/core/reconcile/drain-blockers';
import { controllerOf } from '@gantry/core/reconcile/owner-references';
import { isPodTerminal } from '@gantry/core/reconcile/pod-state';
import { forEachParallel } from '../controllers/parallel.ts';

const maxInFlight = 8;

/** Whether a host waits for this pod: all but daemons, mirrors and what has ended; also what is about to end. */
export function podsInTheWay(pod: Pod): boolean {
  if (isPodTerminal(pod) || controllerOf(pod)?.kind === 'DaemonSet') return false;
  return pod.metadata.deletionTimestamp !== undefined || !isLeftByDrain(pod);
}

/** Cordons nodes and evicts their pods, as `kubectl drain` does. */
export class NodeDrain {
  readonly #client: ApiClient;

  constructor({ client }: { readonly client: ApiClient }) {
    this.#client = client;
  }

  /** True where a budget holds a pod for now. */
  async drain(node: Node | undefined, pods: readonly Pod[]): Promise<boolean> {
    if (node && !node.spec.unschedulable) await this.#setCordon(node, true);
    let isHeld = false;
    const errors = await forEachParallel(
      pods.filter((pod) => !isLeftByDrain(pod)),
      maxInFlight,
      async ({ metadata: { namespace = '', name, uid } }) => {
        try {
          await this.#client.evict(namespace, name, { preconditions: { uid } });
        } catch (error) {
          // Gone, or another by now. One with two budgets waits for somebody to put that right.
          if (isApiError(error, 'NotFound', 'Conflict')) return;
          if (!isApiError(error, 'TooManyRequests', 'InternalError')) throw error;
          isHeld = true;
        }
      },
    );
    if (errors.length > 0) throw errors[0];
    return isHeld;
  }

  async uncordon(node: Node | undefined): Promise<void> {
    if (node?.spec.unschedulable) await this.#setCordon(node, false);
  }

  async #setCordon({ metadata }: Node, isCordoned: boolean): Promise<void> {
    const patch = { spec: { unschedulable: isCordoned ? true : null } };
    await this.#client.mergePatch('nodes', undefined, metadata.name, patch);
  }
}
