import {
  ApiError,
  type NodeTotals,
  type RebalancePlanSpec,
  type RebalancePlanStatus,
  type SimulatedNode,
} from '@gantry/api-types';
import { nodeTotals } from '../simulation/answer.ts';
import type { SimulationSource } from '../simulation/source.ts';
import { spreadOf } from './balance.ts';
import { Mover } from './mover.ts';
import { findEmptiable, planBalance, planEmptying } from './plan-moves.ts';

export const defaultMaxMoves = 50;
/** So many nodes are tried when looking for those that could be emptied. */
const emptiableTries = 12;

/**
 * Which pods to move, and what gets better: an even share of what is requested, or a node that is empty. Pure but for the
 * copy that it works on. Throws `ApiError` NotFound for a node that is not there. Yields where other work may have its turn.
 */
export function* planRebalance(
  source: SimulationSource,
  spec: RebalancePlanSpec,
): Generator<void, RebalancePlanStatus> {
  const { emptyNode, maxMoves = defaultMaxMoves } = spec;
  if (emptyNode !== undefined && !source.snapshot.node(emptyNode)) {
    throw new ApiError('NotFound', `nodes "${emptyNode}" not found`, { name: emptyNode, kind: 'nodes' });
  }
  const snapshot = source.snapshot.clone();
  const before = nodeTotals(snapshot);
  const spreadBefore = spreadOf(snapshot);
  const mover = new Mover(source, snapshot);
  const { moves, stays } =
    emptyNode === undefined
      ? yield* planBalance(mover, source, maxMoves)
      : yield* planEmptying(mover, source, emptyNode, maxMoves);
  const spread = { before: spreadBefore, after: spreadOf(snapshot) };
  const emptiable =
    emptyNode === undefined ? yield* findEmptiable(source, source.snapshot.clone(), emptiableTries) : [];
  const nodes = nodesOf(before, nodeTotals(snapshot));
  const status = { moves, stays, spread, nodes, emptiable };
  return { summary: summarise(spec, status), ...status };
}

function nodesOf(before: ReturnType<typeof nodeTotals>, after: ReturnType<typeof nodeTotals>): SimulatedNode[] {
  const plain = ({ cpuMilli, memoryBytes, pods }: NodeTotals): NodeTotals => ({ cpuMilli, memoryBytes, pods });
  return [...before].map(([name, totals]) => ({
    name,
    change: 'none',
    allocatable: totals.allocatable,
    before: plain(totals),
    after: plain(after.get(name) ?? totals),
  }));
}

function summarise({ emptyNode }: RebalancePlanSpec, plan: Omit<RebalancePlanStatus, 'summary'>): string[] {
  const { moves, stays, spread, nodes, emptiable } = plan;
  const count = `${moves.length} ${moves.length === 1 ? 'pod' : 'pods'}`;
  const sentences: string[] = [];
  if (emptyNode !== undefined) {
    const rest = stays.length === 0 ? 'nothing but its daemons stays' : `${stays.length} stay`;
    sentences.push(
      moves.length + stays.length === 0
        ? `${emptyNode} is empty already`
        : `${count} would leave ${emptyNode}; ${rest}`,
    );
    sentences.push(...stays.map(({ pod, reason }) => `${pod} stays: ${reason}`));
    return sentences;
  }
  if (moves.length === 0)
    sentences.push(`no move would make the nodes' shares more even (they are ${percent(spread.before)} apart)`);
  else {
    sentences.push(
      `moving ${count} would bring the fullest and the emptiest node from ${percent(spread.before)} to ${percent(spread.after)} apart`,
    );
  }
  if (emptiable.length > 0) {
    const tried = nodes.length > emptiableTries ? ` (the ${emptiableTries} emptiest were tried)` : '';
    sentences.push(
      `${emptiable.join(', ')} could be emptied: the pods there would find room on the other nodes${tried}`,
    );
  }
  return sentences;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
