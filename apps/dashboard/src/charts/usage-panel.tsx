import { type AutoscalerHistories, autoscalersPath } from '@gantry/api-types/autoscalers';
import { type HistoryAnswer, type HistorySubject, usageHistoryPath } from '@gantry/api-types/history';
import { type ReactNode, useState } from 'react';
import type { Selected } from '../inspector/tabs.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { usePacedCluster } from '../state/hooks.ts';
import { nodeRails } from '../state/rails.ts';
import { selectedWorkloadKey } from '../state/selection.ts';
import { setSearchValue } from '../state/url-search.ts';
import { workloadKindAt, workloadKinds } from '../state/workload-kinds.ts';
import { autoscalerCharts, decisionLine } from './autoscaler-charts.ts';
import { Chart } from './chart.tsx';
import './charts.css';
import { usePolled } from './polled.ts';
import { type UsageLines, usageCharts } from './usage-charts.ts';

/** Spans to look back, seconds, with how often a new step can have come, milliseconds. */
const spans = [
  { seconds: 120, name: '2 min', everyMs: 2_000 },
  { seconds: 600, name: '10 min', everyMs: 5_000 },
  { seconds: 1800, name: '30 min', everyMs: 15_000 },
] as const;

/** What the selected object used, over time, against what it may; and what its autoscaler made of that. */
export default function UsagePanel({ selected }: { readonly selected: Selected }): ReactNode {
  const [seconds, setSeconds] = useState<number>(600);
  const span = spans.find((one) => one.seconds === seconds) ?? spans[1];
  const store = usePacedCluster('pods', 'workloads', 'nodes');
  const subject = subjectOf(store, selected);
  if (!subject) return <p className="empty">Nothing is known of it.</p>;
  return (
    <div className="charts">
      <fieldset className="lenses">
        <legend className="visually-hidden">How far back</legend>
        {spans.map((one) => (
          <label key={one.name} className={one === span ? 'lens is-chosen' : 'lens'}>
            <input type="radio" name="span" checked={one === span} onChange={() => setSeconds(one.seconds)} />
            {one.name}
          </label>
        ))}
      </fieldset>
      {selected.kind !== 'node' && isAutoscalable(selected) && (
        <Autoscaler
          namespace={selected.namespace}
          workloadKey={selectedWorkloadKey(selected) ?? ''}
          seconds={seconds}
        />
      )}
      {selected.kind !== 'node' && workloadKindAt(selected.kind) && selected.kind !== 'cronjob' && (
        <p>
          <button
            type="button"
            className="button"
            onClick={() => setSearchValue('rightsizing', selectedWorkloadKey(selected))}
          >
            What should it request?
          </button>
        </p>
      )}
      <Usage subject={subject.subject} lines={subject.lines} seconds={seconds} everyMs={span.everyMs} />
    </div>
  );
}

interface UsageProps {
  readonly subject: HistorySubject;
  readonly lines: UsageLines;
  readonly seconds: number;
  readonly everyMs: number;
}

function Usage({ subject, lines, seconds, everyMs }: UsageProps): ReactNode {
  const path = `${usageHistoryPath}?of=${encodeURIComponent(subject)}&seconds=${seconds}`;
  const { data, error } = usePolled<HistoryAnswer>(path, everyMs);
  if (!data) return <p className="muted">{error ? `No history: ${error}` : 'Loading…'}</p>;
  return usageCharts(data, lines).map((chart) => <Chart key={chart.title} data={chart} />);
}

interface AutoscalerProps {
  readonly namespace: string;
  readonly workloadKey: string;
  readonly seconds: number;
}

function Autoscaler({ namespace, workloadKey, seconds }: AutoscalerProps): ReactNode {
  const path = `${autoscalersPath}?namespace=${encodeURIComponent(namespace)}`;
  const { data } = usePolled<AutoscalerHistories>(path, 3_000);
  const found = data?.autoscalers.find(({ target }) => target.key === workloadKey);
  if (!data || !found) return null;
  const points = found.points.filter(({ at }) => at >= data.at - seconds * 1000);
  const recent = { ...found, points };
  const problems = found.conditions.filter(({ type, status }) => (type === 'ScalingLimited') === (status === 'True'));
  return (
    <section className="autoscaler" aria-label="Autoscaler">
      <h3>
        Autoscaled by {found.key.slice(found.key.indexOf('/') + 1)}, {found.minReplicas} to {found.maxReplicas}
      </h3>
      <p data-autoscaler-decision="">{decisionLine(found, data.at)}</p>
      {problems.map(({ type, reason, message }) => (
        <p key={type} className="muted">
          {type} {reason}: {message}
        </p>
      ))}
      {autoscalerCharts(recent).map((chart) => (
        <Chart key={chart.title} data={chart} />
      ))}
    </section>
  );
}

function isAutoscalable({ kind }: Selected): boolean {
  const workloadKind = workloadKindAt(kind);
  return workloadKind !== undefined && workloadKinds[workloadKind].isScalable;
}

function subjectOf(
  store: ClusterStore,
  selected: Selected,
): { readonly subject: HistorySubject; readonly lines: UsageLines } | undefined {
  const names = ['request', 'limit'] as const;
  if (selected.kind === 'node') {
    const node = store.nodes.get(selected.name);
    if (!node) return undefined;
    const { cpu, memory } = nodeRails(node, store.podsOn(node.key).values(), undefined);
    const requests = { cpuMilli: cpu.requested, memoryBytes: memory.requested };
    const lines = { requests, limits: node.allocatable, names: ['requested', 'allocatable'] as const, isPerPod: false };
    return { subject: `node/${node.key}`, lines };
  }
  if (selected.kind === 'pod') {
    const pod = store.pods.get(`${selected.namespace}/${selected.name}`);
    return (
      pod && {
        subject: `pod/${pod.uid}`,
        lines: { requests: pod.requests, limits: pod.limits, names, isPerPod: false },
      }
    );
  }
  const workload = store.workloads.get(selectedWorkloadKey(selected) ?? '');
  return (
    workload && {
      subject: `workload/${workload.kind}/${selected.namespace}/${selected.name}`,
      lines: { requests: workload.requests, limits: workload.limits, names, isPerPod: true },
    }
  );
}
