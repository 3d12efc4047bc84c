import type { NodePool, Pod, PodDisruptionBudget } from '@gantry/api-types';
import { findDrainBlockers, isLeftByDrain } from '../reconcile/drain-blockers.ts';
import { simulate } from '../simulation/simulate.ts';
import type { SimulationSource } from '../simulation/source.ts';

/** Whether a host could be done without, and if not, why. */
export interface Dispensability {
  readonly isDispensable: boolean;
  /** In words, for people. */
  readonly message: string;
  /** How many pods would have to move. */
  readonly pods: number;
}

export interface DispensableQuestion {
  readonly pool: NodePool;
  /** The names of the Nodes that are asked about. */
  readonly nodeNames: readonly string[];
  readonly podsByNode: (nodeName: string) => readonly Pod[];
  readonly budgets: readonly PodDisruptionBudget[];
}

/**
 * Which hosts of a pool could go, each for itself: those without pods of their own, and, where the pool's policy allows,
 * those whose pods may be evicted and all find room elsewhere, by the real scheduler on a copy of the state. Pure but for the
 * copy. Yields where other work may have its turn.
 */
export function* findDispensable(
  source: SimulationSource,
  question: DispensableQuestion,
): Generator<void, ReadonlyMap<string, Dispensability>> {
  const { pool, nodeNames, podsByNode, budgets } = question;
  const found = new Map<string, Dispensability>();
  let waitingNow: number | undefined;
  for (const name of nodeNames) {
    const pods = podsByNode(name).filter((pod) => !isLeftByDrain(pod));
    const say = (isDispensable: boolean, message: string) =>
      found.set(name, { isDispensable, message, pods: pods.length });
    if (pods.length === 0) {
      say(true, 'no pods run on it');
      continue;
    }
    if (pool.spec.scaleDown?.policy !== 'WhenEmptyOrUnderutilized') {
      say(false, `${pods.length} pods run on it`);
      continue;
    }
    const [blocker] = findDrainBlockers({ pods, budgets });
    if (blocker) {
      say(false, `${blocker.pod} keeps it: ${blocker.message}`);
      continue;
    }
    waitingNow ??= (yield* simulate(source, {})).placement.waiting.length;
    const { placement } = yield* simulate(source, { changes: [{ type: 'drainNode', node: name }] });
    const unplaced = placement.waiting.find(({ simulated }) => simulated.movedFrom === name) ?? placement.waiting[0];
    if (placement.waiting.length > waitingNow) {
      say(false, `its pods would not all find room elsewhere: ${unplaced?.message ?? ''}`);
    } else say(true, `its ${pods.length} pods would all find room elsewhere`);
  }
  return found;
}
