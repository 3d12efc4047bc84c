import type { FeedPod, FeedWorkload } from '@gantry/api-types/feed';
import { lazy, type ReactNode, Suspense } from 'react';
import { Link } from 'wouter';
import { formatBytes, formatCpu, nameOf, namespaceOf } from '../format.ts';
import { Progress } from '../scale/progress.tsx';
import { ScalePanel } from '../scale/scale-panel.tsx';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster } from '../state/hooks.ts';
import { objectPath } from '../state/selection.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import { Conditions, Facts, ObjectEvents, ObjectTitle } from './facts.tsx';
import { OwnedWorkloads, type OwnedWorkloadsProps } from './owned-workloads.tsx';
import { nsName } from './workload-list.tsx';

const RolloutPanel = lazy(() => import('../rollout/rollout-panel.tsx'));

/** A workload: scale it where that can be done, watch it get there, see why it does not. */
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
          {workload.kind === 'Job' ? 'Made by' : 'Scaled by'}{' '}
          <Link href={objectPath(owner.kind, namespaceOf(nsName(workload)), owner.name)}>{owner.name}</Link>
        </p>
      ) : (
        <Scaling store={store} workload={workload} />
      )}
      {workload.kind !== 'CronJob' && <Progress workload={workload} store={store} pods={pods} />}
      <Facts
        facts={[
          ['Revision', workload.revision],
          [workload.kind.endsWith('Job') ? 'Suspended' : 'Paused', workload.paused ? 'yes' : undefined],
          ['Schedule', workload.schedule],
          ['Parallelism', workload.job && String(workload.job.parallelism)],
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
      {workloadKinds[workload.kind].revisions && store.connection.kind !== 'past' ? (
        <Suspense>
          <RolloutPanel workload={workload} />
        </Suspense>
      ) : (
        <OwnedWorkloads store={store} workload={workload} />
      )}
      <Conditions conditions={workload.conditions} />
      <ObjectEvents
        store={store}
        uids={new Set([workload.uid, ...store.workloadsOf(workload).map((one) => one.uid), ...pods.map((p) => p.uid)])}
      />
    </>
  );
}

/** Where nobody sets a number of replicas: what does. */
function Scaling({ store, workload }: OwnedWorkloadsProps): ReactNode {
  if (workloadKinds[workload.kind].isScalable) return <ScalePanel store={store} workload={workload} />;
  if (workload.kind !== 'DaemonSet') return null;
  return <p className="muted">One pod on each node that suits it: {workload.replicas} now.</p>;
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
