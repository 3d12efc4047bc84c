import type { NodePool } from '@gantry/api-types';
import type { FeedWorkload } from '@gantry/api-types/feed';
import type { SimulationChange } from '@gantry/api-types/simulation';
import { hostsChange } from '@gantry/core/node-pools/hosts-change';
import { type ReactNode, useState } from 'react';
import type { ClusterStore } from '../state/cluster-store.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import { nsName } from '../view/workload-list.tsx';
import { useNodePools } from './use-node-pools.ts';
import { workloadReference } from './workload-reference.ts';

const kinds = {
  scale: 'Scale',
  removeNode: 'Lose a node',
  drainNode: 'Drain a node',
  addNodes: 'Add hosts',
  setRequests: 'Change a request',
} as const;

type FormKind = keyof typeof kinds;

interface FormState {
  readonly kind: FormKind;
  /** Key of a workload. */
  readonly workload: string;
  readonly node: string;
  /** Name of the NodePool whose hosts are added; empty: of the size given. */
  readonly pool: string;
  readonly count: number;
  readonly cpu: string;
  readonly memory: string;
}

export interface ChangeFormProps {
  readonly store: ClusterStore;
  readonly onAdd: (change: SimulationChange) => void;
}

/** One more change to ask about. */
export function ChangeForm({ store, onAdd }: ChangeFormProps): ReactNode {
  const free = [...store.workloads.values()].filter(({ owner, kind }) => !owner && kind !== 'CronJob');
  const nodes = [...store.nodes.keys()].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const [form, setForm] = useState<FormState>({
    kind: 'scale',
    workload: free.find(({ kind }) => workloadKinds[kind].isScalable)?.key ?? '',
    node: nodes[0] ?? '',
    pool: '',
    count: 1,
    cpu: '4',
    memory: '8Gi',
  });
  const set = (change: Partial<FormState>): void => setForm({ ...form, ...change });
  const workloads = form.kind === 'scale' ? free.filter(({ kind }) => workloadKinds[kind].isScalable) : free;
  const workload = workloads.find(({ key }) => key === form.workload);
  const pools = useNodePools();
  const pool = pools.find(({ metadata }) => metadata.name === form.pool);
  const change = changeOf(form, workload, pool);
  const hasWorkload = form.kind === 'scale' || form.kind === 'setRequests';
  const hasNode = form.kind === 'removeNode' || form.kind === 'drainNode';
  return (
    <form
      className="change-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (change) onAdd(change);
      }}
    >
      <Choice
        label="Change"
        value={form.kind}
        options={Object.entries(kinds)}
        onChange={(kind) => set({ kind: kind as FormKind })}
      />
      {hasWorkload && (
        <Choice
          label="Workload"
          value={form.workload}
          options={workloads.map((one) => [
            one.key,
            one.kind === 'Deployment' ? nsName(one) : `${nsName(one)} (${one.kind})`,
          ])}
          onChange={(key) => set({ workload: key })}
        />
      )}
      {hasNode && (
        <Choice
          label="Node"
          value={form.node}
          options={nodes.map((name) => [name, name])}
          onChange={(node) => set({ node })}
        />
      )}
      {form.kind === 'addNodes' && pools.length > 0 && (
        <Choice
          label="Like those of"
          value={form.pool}
          options={[['', 'no pool'], ...pools.map(({ metadata: { name } }) => [name, `pool ${name}`] as const)]}
          onChange={(name) => set({ pool: name })}
        />
      )}
      {(form.kind === 'scale' || form.kind === 'addNodes') && (
        <label>
          {form.kind === 'scale' ? 'Replicas' : 'Hosts'}
          <input
            type="number"
            min={form.kind === 'scale' ? 0 : 1}
            max={10_000}
            required
            value={form.count}
            onChange={(event) => set({ count: Math.max(0, Math.trunc(event.target.valueAsNumber || 0)) })}
          />
        </label>
      )}
      {((form.kind === 'addNodes' && !pool) || form.kind === 'setRequests') && (
        <>
          <Quantity label="CPU" value={form.cpu} onChange={(cpu) => set({ cpu })} />
          <Quantity label="Memory" value={form.memory} onChange={(memory) => set({ memory })} />
        </>
      )}
      <button type="submit" className="button button-primary" disabled={!change}>
        Add
      </button>
      {form.kind === 'addNodes' && pool && <p className="muted">{poolLine(pool, form.count)}</p>}
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps): ReactNode {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

interface QuantityProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Quantity({ label, value, onChange }: QuantityProps): ReactNode {
  return (
    <label>
      {label}
      <input
        type="text"
        className="quantity"
        pattern="[0-9]+(\.[0-9]+)?([mkMGT]|[KMGT]i)?"
        title="A quantity as Kubernetes writes it: 250m, 4, 512Mi, 8Gi"
        value={value}
        onChange={(event) => onChange(event.target.value.trim())}
      />
    </label>
  );
}

/** What a pool's hosts are, and where the number asked about is more than it may have. */
function poolLine({ metadata, spec, status }: NodePool, asked: number): string {
  const { cpu, memory } = spec.template;
  const has = status?.nodes ?? 0;
  const limit = has + asked > spec.maxNodes ? ' It would not add so many itself.' : '';
  return `Each of ${cpu} CPU and ${memory}; ${metadata.name} has ${has} of at most ${spec.maxNodes}.${limit}`;
}

function changeOf(
  form: FormState,
  workload: FeedWorkload | undefined,
  pool: NodePool | undefined,
): SimulationChange | undefined {
  const { kind, node, count, cpu, memory } = form;
  if (kind === 'removeNode' || kind === 'drainNode') return node ? { type: kind, node } : undefined;
  if (kind === 'addNodes' && pool) return hostsChange(pool.metadata.name, pool.spec.template, Math.max(1, count));
  if (kind === 'addNodes') return cpu && memory ? { type: kind, count: Math.max(1, count), cpu, memory } : undefined;
  if (!workload) return undefined;
  const reference = workloadReference(workload);
  if (!reference) return undefined;
  if (kind === 'scale') return { type: kind, workload: reference, replicas: count };
  const requests = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) };
  return Object.keys(requests).length > 0 ? { type: kind, workload: reference, requests } : undefined;
}
