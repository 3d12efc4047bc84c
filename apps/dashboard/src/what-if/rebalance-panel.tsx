import type { RebalancePlan, RebalancePlanStatus } from '@gantry/api-types/rebalancing';
import { gantryApiVersion } from '@gantry/api-types/simulation';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { createObject } from '../api/client.ts';
import { count } from '../format.ts';
import { panelId } from '../lenses/panels.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster } from '../state/hooks.ts';
import { useSearchValue } from '../state/url-search.ts';
import { CopyCommand } from '../view/copy-command.tsx';
import { useAction } from '../view/use-action.ts';
import { type Answer, useQuestion } from '../view/use-question.ts';
import { clearPreview, placePreview } from './preview.ts';
import { rebalanceScene } from './rebalance-scene.ts';

const owner = 'rebalance';

/** Which pods would move for an even share of what is requested, or to empty a node; and, if wanted, to do it. */
export default function RebalancePanel(): ReactNode {
  const store = useCluster('nodes', 'connection');
  const [, setText] = useSearchValue('rebalance');
  const [emptyNode, setEmptyNode] = useState('');
  const [round, setRound] = useState(0);
  const answer = usePlan(store, emptyNode, round);
  useEffect(() => () => clearPreview(owner), []);
  const nodes = [...store.nodes.keys()].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  return (
    <section id={panelId('rebalance')} tabIndex={-1} className="what-if" aria-label="Rebalance">
      <header className="panel-title">
        <h2>Rebalance, a preview</h2>
        <button type="button" className="button button-quiet" onClick={() => setText(undefined)}>
          Close
        </button>
      </header>
      <div className="change-form">
        <label>
          To
          <select value={emptyNode} onChange={(event) => setEmptyNode(event.target.value)}>
            <option value="">even out what is requested</option>
            {nodes.map((name) => (
              <option key={name} value={name}>
                empty {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="button" onClick={() => setRound(round + 1)}>
          Ask again
        </button>
      </div>
      {answer === 'asking' && <p className="muted">Asking the scheduler…</p>}
      {typeof answer === 'object' && 'error' in answer && <p className="error">{answer.error}</p>}
      {typeof answer === 'object' && 'moves' in answer && <Plan plan={answer} emptyNode={emptyNode} />}
    </section>
  );
}

interface PlanProps {
  readonly plan: RebalancePlanStatus;
  readonly emptyNode: string;
}

/** Moves named one by one. */
const shownMoves = 8;

function Plan({ plan, emptyNode }: PlanProps): ReactNode {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return (
    <div data-rebalance-plan="" aria-live="polite">
      {plan.summary.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <p className="muted">
        {count(plan.moves.length, 'move')}; the fullest node is asked for {percent(plan.spread.before)} more of itself
        than the emptiest now, {percent(plan.spread.after)} after.
        {plan.emptiable.length > 0 && ` Could be emptied: ${plan.emptiable.join(', ')}.`}
      </p>
      <ul className="moves">
        {plan.moves.slice(0, shownMoves).map((move) => (
          <li key={move.podUid}>
            {move.pod}: {move.from} → {move.to}
          </li>
        ))}
        {plan.moves.length > shownMoves && <li className="muted">and {plan.moves.length - shownMoves} more</li>}
        {plan.stays.map(({ pod, reason }) => (
          <li key={pod} className="muted">
            {pod} stays: {reason}
          </li>
        ))}
      </ul>
      {plan.moves.length > 0 && <CarryOut emptyNode={emptyNode} moves={plan.moves.length} />}
    </div>
  );
}

function CarryOut({ emptyNode, moves }: { readonly emptyNode: string; readonly moves: number }): ReactNode {
  const action = useAction({ verb: 'create', group: 'gantry.io', resource: 'rebalances' });
  const [made, setMade] = useState<string>();
  const name = `rebalance-${emptyNode || 'even'}`;
  const start = async (): Promise<void> => {
    const metadata = { generateName: `${name}-` };
    const spec = emptyNode ? { emptyNode } : {};
    const target = { apiVersion: gantryApiVersion, resource: 'rebalances' };
    const created = await createObject<{ metadata: { name: string } }>(target, {
      apiVersion: gantryApiVersion,
      kind: 'Rebalance',
      metadata,
      spec,
    });
    setMade(created.metadata.name);
  };
  if (made)
    return (
      <>
        <p>Under way, one pod at a time and within disruption budgets.</p>
        <CopyCommand command={`kubectl get rebalances ${made} -w`} />
      </>
    );
  return (
    <p className="buttons">
      <button
        type="button"
        className="button button-primary"
        disabled={!action.isAllowed || action.isBusy}
        title={action.whyNot ?? 'Evicts one pod after the other, each once the one before runs elsewhere'}
        onClick={() => action.run(start)}
      >
        Move {count(moves, 'pod')}
      </button>
      {action.error && <span className="error">{action.error}</span>}
    </p>
  );
}

function usePlan(store: ClusterStore, emptyNode: string, round: number): Answer<RebalancePlanStatus> {
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const target = { apiVersion: gantryApiVersion, resource: 'rebalanceplans' };
      const asked: RebalancePlan = {
        apiVersion: gantryApiVersion,
        kind: 'RebalancePlan',
        spec: emptyNode ? { emptyNode } : {},
      };
      const { status } = await createObject<RebalancePlan>(target, asked, { signal });
      if (status && !signal.aborted) placePreview(owner, 'the rebalance', rebalanceScene(store, status));
      return status;
    },
    [store, emptyNode],
  );
  return useQuestion(store, ask, round);
}
