import type { FeedNode } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { count, formatSeconds, formatSpan, nameOf, namespaceOf } from '../format.ts';
import { deletePod } from '../state/actions.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useNow, usePacedCluster } from '../state/hooks.ts';
import { evictionTime, isTerminated } from '../state/pod-state.ts';
import { objectPath } from '../state/selection.ts';
import { setSearchValue } from '../state/url-search.ts';
import { useAction } from '../view/use-action.ts';
import { LossAction } from './loss-action.tsx';
import { dipOf, type Loss, type ReadyStep } from './loss-book.ts';
import { countMoved, movedWords } from './moved-words.ts';
import { WaitLess } from './wait-less.tsx';

/** Above the fleet, for every node that was lost: what is being waited for and for how long, and what became of its pods. */
export function LossBanner(): ReactNode {
  const store = usePacedCluster('nodes', 'pods', 'services');
  const now = store.serverNow(useNow(500));
  const losses = store.losses.losses(now);
  if (losses.length === 0) return null;
  return (
    <ul className="losses" aria-label="Lost nodes">
      {losses.map((loss) => {
        const node = store.nodes.get(loss.node);
        return (
          <li key={loss.node} className={loss.backAt === undefined ? 'loss' : 'loss is-back'} data-loss={loss.node}>
            {node && loss.backAt === undefined && <Lost store={store} node={node} loss={loss} now={now} />}
            {loss.backAt !== undefined && <Back store={store} loss={loss} />}
            <Dips store={store} loss={loss} now={now} />
          </li>
        );
      })}
    </ul>
  );
}

interface LostProps {
  readonly store: ClusterStore;
  readonly node: FeedNode;
  readonly loss: Loss;
  readonly now: number;
}

function Lost({ store, node, loss, now }: LostProps): ReactNode {
  const pods = [...store.podsOn(node.key).values()].filter((pod) => !isTerminated(pod) && !pod.deletedAt);
  const dues = pods.flatMap((pod) => evictionTime(pod, node) ?? []);
  const first = dues.length > 0 ? Math.min(...dues) - now : undefined;
  const staying = pods.length - dues.length;
  const moved = countMoved(store, node);
  const seconds = store.cluster?.settings.defaultTolerationSeconds;
  return (
    <div className="loss-line">
      <span>
        <b>
          <Link href={objectPath('Node', undefined, node.key)}>{node.key}</Link> is unreachable
        </b>{' '}
        for {formatSpan(now - loss.lostAt)}.{' '}
        {first !== undefined && (
          <>
            Its {count(dues.length, 'pod')} {dues.length === 1 ? 'is' : 'are'}{' '}
            {first > 0 ? `evicted in ${formatSpan(first)}` : 'being evicted'}
            {seconds !== undefined && ` (tolerationSeconds ${seconds} by default)`}.{' '}
          </>
        )}
        {moved.evicted > 0 && `${count(moved.evicted, 'pod')} evicted: ${movedWords(moved)}. `}
        {staying > 0 && `${count(staying, 'pod')} ${staying === 1 ? 'stays' : 'stay'}, in state Unknown. `}
      </span>
      {pods.length > 0 && <EvictNow pods={pods} />}
      {dues.length > 0 && <WaitLess pods={pods.map(({ key }) => key)} longestMs={Math.max(...dues) - loss.lostAt} />}
    </div>
  );
}

function EvictNow({ pods }: { readonly pods: readonly { readonly key: string; readonly uid: string }[] }): ReactNode {
  const action = useAction({ verb: 'delete', resource: 'pods' });
  if (!action.isAllowed) return null;
  const evict = async (): Promise<void> => {
    await Promise.all(
      pods.map(({ key, uid }) => deletePod({ namespace: namespaceOf(key), name: nameOf(key), uid, graceSeconds: 0 })),
    );
  };
  return (
    <LossAction
      action={action}
      label="Evict now"
      title="Removes the pods from the API without waiting: their containers may run on until the node returns"
      run={evict}
    />
  );
}

function Back({ store, loss }: { readonly store: ClusterStore; readonly loss: Loss }): ReactNode {
  const away = (loss.backAt ?? loss.lostAt) - loss.lostAt;
  return (
    <div className="loss-line">
      <span>
        <b>
          <Link href={objectPath('Node', undefined, loss.node)}>{loss.node}</Link> is back
        </b>{' '}
        after {formatSpan(away)}; {loss.evicted ? `the ${count(loss.evicted, 'pod')} that left it are` : 'pods are'}{' '}
        <b>not</b> moved back automatically.
      </span>
      <button type="button" className="button" onClick={() => setSearchValue('rebalance', 'preview')}>
        Preview rebalance
      </button>
      <button
        type="button"
        className="button button-quiet"
        onClick={() => {
          store.losses.forget(loss.node);
          store.topics.publish(['nodes']);
        }}
      >
        Dismiss
      </button>
    </div>
  );
}

/** Services shown whose endpoints fell. */
const shownDips = 4;
/** What was ready this long before the loss is the level that a dip is measured from, milliseconds. */
const beforeMs = 1_000;

function Dips({
  store,
  loss,
  now,
}: {
  readonly store: ClusterStore;
  readonly loss: Loss;
  readonly now: number;
}): ReactNode {
  const dips = [...store.services.keys()].flatMap((service) => {
    const steps = store.losses.stepsOf(service, loss.lostAt - beforeMs);
    const dip = dipOf(steps, now);
    return dip ? [{ service, steps, dip }] : [];
  });
  if (dips.length === 0) return null;
  return (
    <ul className="dips">
      {dips.slice(0, shownDips).map(({ service, steps, dip }) => (
        <li key={service} data-dip={service}>
          <DipLine steps={steps} from={loss.lostAt - beforeMs} now={now} />
          service {nameOf(service)}: {dip.before} → {dip.least} → {dip.now} ready, below {dip.before} for{' '}
          {formatSeconds(dip.ms)}
        </li>
      ))}
    </ul>
  );
}

interface DipLineProps {
  readonly steps: readonly ReadyStep[];
  readonly from: number;
  readonly now: number;
}

const [lineWidth, lineHeight] = [120, 26];

/** The ready endpoints over time as a step line. */
function DipLine({ steps, from, now }: DipLineProps): ReactNode {
  const most = steps.reduce((a, { ready }) => Math.max(a, ready), 1);
  const x = (at: number): number => ((Math.max(at, from) - from) / Math.max(1, now - from)) * lineWidth;
  const y = (ready: number): number => lineHeight - 2 - (ready / most) * (lineHeight - 4);
  const path = steps.map(
    ({ at, ready }, index) => `${index === 0 ? `M0 ${y(ready)}` : `H${x(at).toFixed(1)} V${y(ready).toFixed(1)}`}`,
  );
  return (
    <svg className="dip-line" viewBox={`0 0 ${lineWidth} ${lineHeight}`} aria-hidden="true">
      <path d={`${path.join(' ')} H${lineWidth}`} />
    </svg>
  );
}
