import type { FeedWorkload } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { nameOf, namespaceOf } from '../format.ts';
import { matchesText } from '../state/filter.ts';
import { usePacedCluster } from '../state/hooks.ts';
import { objectPath } from '../state/selection.ts';
import { useFilter } from '../state/use-filter.ts';
import { standingOf } from '../state/workload-standing.ts';

/** All workloads with their hue and how many replicas are ready: overview and legend in one. */
export function WorkloadList(): ReactNode {
  const store = usePacedCluster('workloads', 'pods', 'nodes');
  const filter = useFilter();
  const tops = [...store.workloads.values()]
    .filter((w) => !w.owner && (w.kind !== 'ReplicaSet' || w.replicas > 0 || w.currentReplicas > 0))
    .filter((w) => matchesText(filter, w.key, namespaceOf(nsName(w))))
    .sort((a, b) => namespaceOf(nsName(a)).localeCompare(namespaceOf(nsName(b))) || a.key.localeCompare(b.key));
  const namespaces = [...new Set(tops.map((w) => namespaceOf(nsName(w))))];
  return (
    <section aria-labelledby="workloads-title" className="workloads">
      <h2 id="workloads-title">Workloads</h2>
      {tops.length === 0 && (
        <p className="empty">{filter ? 'No workload matches.' : 'None yet: kubectl apply -f your.yaml'}</p>
      )}
      {namespaces.map((namespace) => (
        <div key={namespace}>
          <h3 className="namespace">{namespace}</h3>
          <ul>
            {tops
              .filter((w) => namespaceOf(nsName(w)) === namespace)
              .map((w) => (
                <Row key={w.key} workload={w} ready={store.readyPodsOf(w)} hue={store.hues.of(w.uid)} />
              ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

interface RowProps {
  readonly workload: FeedWorkload;
  readonly ready: number;
  readonly hue: number;
}

function Row({ workload, ready, hue }: RowProps): ReactNode {
  const name = nameOf(workload.key);
  const { kind } = workload;
  const { words, done, wanted, isShort } = standingOf(workload, ready);
  const share = wanted === 0 ? 0 : Math.min(1, done / wanted);
  return (
    <li>
      <Link className="workload" href={objectPath(kind, namespaceOf(nsName(workload)), name)}>
        <span className="swatch" style={{ background: `var(--hue-${hue})` }} />
        <span className="workload-name">
          {name}
          {kind !== 'Deployment' && <span className="workload-kind"> {kind}</span>}
        </span>
        <span className={isShort ? 'workload-count is-short' : 'workload-count'}>{words}</span>
        <span className="workload-bar" aria-hidden="true">
          <span style={{ width: `${share * 100}%`, background: `var(--hue-${hue})` }} />
        </span>
      </Link>
    </li>
  );
}

/** `Deployment/default/web` -> `default/web`. */
export function nsName(workload: FeedWorkload): string {
  return workload.key.slice(workload.key.indexOf('/') + 1);
}
