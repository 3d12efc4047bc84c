import type { FeedPod, FeedWorkload } from '@gantry/api-types/feed';
import { lazy, type ReactNode, Suspense } from 'react';
import { Link } from 'wouter';
import { formatBytes, formatCpu, nameOf, namespaceOf } from '../format.ts';
import { Progress } from '../scale/progress.tsx';
import { ScalePanel } from '../scale/scale-panel.tsx';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster } from '../state/hooks.ts';
import { objectPath } from '../state/selection.ts';
import { Conditions, Facts, ObjectEvents, ObjectTitle } from './facts.tsx';
import { nsName } from './workload-list.tsx';

const RolloutPanel = lazy(() => import('../rollout/rollout-panel.tsx'));

/** A Deployment or ReplicaSet: scale it, watch it get there, see why it does not. */
export function WorkloadInspector({ workloadKey }: { readonly workloadKey: string }): ReactNode {
  const uid = useCluster('workloads').workloads.get(workloadKey)?.uid ?? '';
  const store = useCluster(`workload:${uid}`, 'nodes', 'services');
  const workload = store.workloads.get(workloadKey);
  if (!workload) return null;
  const pods = store.podsOf(workload);
  const { owner } = workload;
  return (
    <>
      <ObjectTitle
        kind={workload.kind}
        name={nameOf(workload.key)}
        namespace={namespaceOf(nsName(workload))}
        hue={store.hues.of(owner?.uid ?? workload.uid)}
      />
      {owner ? (
        <p className="muted">
          Scaled by <Link href={objectPath(owner.kind, namespaceOf(nsName(workload)), owner.name)}>{owner.name}</Link>
        </p>
      ) : (
        <ScalePanel store={store} workload={workload} />
      )}
      <Progress workload={workload} store={store} pods={pods} />
      <Facts
        facts={[
          ['Revision', workload.revision],
          ['Paused', workload.paused ? 'yes' : undefined],
          ['Images', workload.images.join(', ')],
          [
            'One replica requests',
            `${formatCpu(workload.requests.cpuMilli)} CPU, ${formatBytes(workload.requests.memoryBytes)}`,
          ],
          ['Limits', limitsWords(workload)],
          ['Services', servicesOf(store, workload).join(', ') || undefined],
          ['Nodes', spreadWords(pods)],
        ]}
      />
      {workload.kind === 'Deployment' && store.connection.kind !== 'past' ? (
        <Suspense>
          <RolloutPanel workload={workload} />
        </Suspense>
      ) : (
        <Revisions store={store} workload={workload} />
      )}
      <Conditions conditions={workload.conditions} />
      <ObjectEvents
        store={store}
        uids={new Set([workload.uid, ...store.replicaSetsOf(workload).map((rs) => rs.uid), ...pods.map((p) => p.uid)])}
      />
    </>
  );
}

function limitsWords(workload: FeedWorkload): string {
  const { cpuMilli, memoryBytes } = workload.limits;
  const cpu = cpuMilli ? `${formatCpu(cpuMilli)} CPU` : 'no CPU limit';
  return `${cpu}, ${memoryBytes ? formatBytes(memoryBytes) : 'no memory limit'}`;
}

function servicesOf(store: ClusterStore, workload: FeedWorkload): string[] {
  const namespace = namespaceOf(nsName(workload));
  return [...store.services.values()]
    .filter((service) => namespaceOf(service.key) === namespace && Object.keys(service.selector).length > 0)
    .filter((service) => Object.entries(service.selector).every(([key, value]) => workload.selector[key] === value))
    .map((service) => `${nameOf(service.key)} (${service.ports.join(', ') || 'no ports'})`);
}

function spreadWords(pods: readonly FeedPod[]): string | undefined {
  const counts = new Map<string, number>();
  for (const pod of pods) if (pod.nodeName) counts.set(pod.nodeName, (counts.get(pod.nodeName) ?? 0) + 1);
  return (
    [...counts]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([node, n]) => `${n} on ${node}`)
      .join(', ') || undefined
  );
}

/** Revisions shown: those with pods, and a few to roll back to. */
const shownRevisions = 5;

function Revisions({ store, workload }: { readonly store: ClusterStore; readonly workload: FeedWorkload }): ReactNode {
  const sets = store
    .replicaSetsOf(workload)
    .sort((a, b) => Number(b.revision ?? 0) - Number(a.revision ?? 0))
    .filter((set, index) => index < shownRevisions || set.currentReplicas > 0);
  if (sets.length < 2) return null;
  return (
    <section className="block" aria-label="Revisions">
      <h3>Revisions</h3>
      <ul className="conditions">
        {sets.map((set) => (
          <li key={set.key}>
            <Link href={objectPath('ReplicaSet', namespaceOf(nsName(set)), nameOf(set.key))}>
              {set.revision ?? '?'}: {nameOf(set.key)}
            </Link>
            <span className="condition-status">
              {store.readyPodsOf(set)} of {set.replicas} ready
            </span>
            <span className="muted">{set.images.join(', ')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
