import type { FeedNode } from '@gantry/api-types/feed';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { failureWords } from '../api/refusal.ts';
import { count } from '../format.ts';
import { cordon } from '../state/actions.ts';
import { useCluster } from '../state/hooks.ts';
import { simulate } from '../what-if/simulate.ts';
import { evict, fetchDrainFacts } from './drain-calls.ts';
import { type DrainChoices, type DrainFacts, type DrainPlan, drainEffect, planDrain } from './drain-plan.ts';
import { DrainProgress } from './drain-progress.tsx';
import { DrainRun } from './drain-run.ts';
import { useDrains } from './drain-state.ts';

/** Asks before a drain, naming what it does; then shows how far it is. */
export default function DrainPanel({ node }: { readonly node: FeedNode }): ReactNode {
  const drain = useDrains((state) => state.drains.get(node.key));
  const isAsking = useDrains((state) => state.asking === node.key);
  if (drain) return <DrainProgress node={node} drain={drain} />;
  return isAsking ? <DrainQuestion node={node} /> : null;
}

function DrainQuestion({ node }: { readonly node: FeedNode }): ReactNode {
  const store = useCluster(`node:${node.key}`);
  const { ask, begin, noteChange } = useDrains();
  const [choices, setChoices] = useState<DrainChoices>({ takesBarePods: false, takesLocalData: false });
  const facts = useDrainFacts(node.key, [...store.podsOn(node.key).keys()].join(' '));
  const start = (plan: DrainPlan): void => {
    const run = new DrainRun({
      pods: plan.evicted,
      cordon: () => cordon({ node: node.key, unschedulable: true }),
      evict,
      onChange: noteChange,
    });
    const before = [...store.podsOn(node.key).values()];
    begin(node.key, { run, startedAt: store.serverNow(Date.now()), before });
    void run.start();
  };
  const ref = useRef<HTMLElement>(null);
  const isAsked = typeof facts !== 'string';
  // Whoever pressed a key to come here goes on from here, by the next key already.
  useLayoutEffect(() => {
    if (isAsked) ref.current?.focus();
  }, [isAsked]);
  if (!isAsked) return <p className="muted">{facts}</p>;
  const plan = planDrain(facts, choices);
  return (
    <section ref={ref} tabIndex={-1} className="danger drain-question" aria-label={`Drain ${node.key}`}>
      <p>
        <b>{drainEffect(plan)}</b> Cordons {node.key}, then evicts its pods; their controllers start others elsewhere.
        {plan.left > 0 && ` ${count(plan.left, 'pod')} of daemons, or ended, stay as they are.`}
      </p>
      <Forecast node={node.key} />
      <Reasons plan={plan} />
      <Choices plan={plan} choices={choices} setChoices={setChoices} />
      <button type="button" className="button button-danger" onClick={() => start(plan)}>
        Drain {node.key}
      </button>
      <button type="button" className="button" onClick={() => ask(undefined)}>
        Leave it
      </button>
    </section>
  );
}

/** What blocks the drain, read anew whenever the pods on the node change; words while it loads or where it cannot. */
function useDrainFacts(node: string, changeMark: string): DrainFacts | string {
  const [facts, setFacts] = useState<DrainFacts | string>('Asking what a drain would do…');
  useEffect(() => {
    let isCurrent = true;
    // The mark only makes the effect run again.
    void changeMark;
    fetchDrainFacts(node).then(
      (found) => isCurrent && setFacts(found),
      (failure: unknown) => isCurrent && setFacts(failureWords(failure)),
    );
    return () => {
      isCurrent = false;
    };
  }, [node, changeMark]);
  return facts;
}

/** Whether there is room elsewhere, by the real scheduler on a copy of the state. */
function Forecast({ node }: { readonly node: string }): ReactNode {
  const [text, setText] = useState<string>();
  useEffect(() => {
    const abort = new AbortController();
    simulate({ changes: [{ type: 'drainNode', node }], maxNodes: 1, maxPlacements: 0 }, abort.signal).then(
      ({ summary, counts }) =>
        setText(counts.waiting > 0 ? (summary[0] ?? '') : 'There is room for all of them elsewhere.'),
      // Without a forecast the drain is as good as without: the scheduler decides when it comes to it.
      () => undefined,
    );
    return () => abort.abort();
  }, [node]);
  return text ? <p>{text}</p> : null;
}

function Reasons({ plan }: { readonly plan: DrainPlan }): ReactNode {
  const reasons = [...plan.held, ...plan.untouched];
  if (reasons.length === 0) return null;
  return (
    <ul className="drain-reasons" data-drain-blockers="">
      {reasons.map(([key, message]) => (
        <li key={key}>
          <b>{key}</b> {message}
        </li>
      ))}
    </ul>
  );
}

interface ChoicesProps {
  readonly plan: DrainPlan;
  readonly choices: DrainChoices;
  readonly setChoices: (choices: DrainChoices) => void;
}

function Choices({ plan, choices, setChoices }: ChoicesProps): ReactNode {
  return (
    <>
      {plan.barePods > 0 && (
        <label className="check">
          <input
            type="checkbox"
            checked={choices.takesBarePods}
            onChange={(event) => setChoices({ ...choices, takesBarePods: event.target.checked })}
          />
          Also evict {count(plan.barePods, 'pod')} that nothing starts again
        </label>
      )}
      {plan.localDataPods > 0 && (
        <label className="check">
          <input
            type="checkbox"
            checked={choices.takesLocalData}
            onChange={(event) => setChoices({ ...choices, takesLocalData: event.target.checked })}
          />
          Also evict {count(plan.localDataPods, 'pod')} whose emptyDir data is lost
        </label>
      )}
    </>
  );
}
