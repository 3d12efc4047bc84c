import type { FeedWorkload } from '@gantry/api-types/feed';
import { type ReactNode, useState } from 'react';
import { nameOf } from '../format.ts';
import { scale } from '../state/actions.ts';
import { useAction } from './use-action.ts';
import { nsName } from './workload-list.tsx';

/** Slider, number and Apply for `spec.replicas`. Shows what is in force until the operator changes it. */
export function ScaleControl({ workload }: { readonly workload: FeedWorkload }): ReactNode {
  const [draft, setDraft] = useState<number>();
  const value = draft ?? workload.replicas;
  const most = Math.max(30, Math.ceil(Math.max(workload.replicas, value) / 10) * 10 + 10);
  const [namespace = ''] = nsName(workload).split('/');
  const resource = workload.kind === 'Deployment' ? 'deployments' : 'replicasets';
  const action = useAction({ verb: 'patch', group: 'apps', resource, namespace });
  const apply = (event: { preventDefault(): void }): void => {
    event.preventDefault();
    action.run(async () => {
      await scale({ kind: workload.kind, namespace, name: nameOf(workload.key), replicas: value });
      setDraft(undefined);
    });
  };
  return (
    <form className="scale" onSubmit={apply}>
      <label htmlFor="replicas">Replicas</label>
      <input
        type="range"
        min={0}
        max={most}
        value={Math.min(value, most)}
        disabled={!action.isAllowed}
        onChange={(event) => setDraft(Number(event.target.value))}
        aria-label="Replicas, slider"
      />
      <input
        id="replicas"
        type="number"
        min={0}
        max={10_000}
        step={1}
        required
        value={value}
        disabled={!action.isAllowed}
        onChange={(event) => setDraft(Math.max(0, Math.trunc(event.target.valueAsNumber || 0)))}
        onFocus={(event) => event.target.select()}
      />
      <button
        type="submit"
        className="button button-primary"
        disabled={!action.isAllowed || action.isBusy || value === workload.replicas}
      >
        Apply
      </button>
      {action.isAllowed && draft !== undefined && draft !== workload.replicas && (
        <p className="muted">
          Same as <code>{kubectlScale(workload, value)}</code>
        </p>
      )}
      {action.whyNot && <p className="muted">{action.whyNot}</p>}
      {action.error && (
        <p className="error" role="alert">
          {action.error}
        </p>
      )}
    </form>
  );
}

function kubectlScale(workload: FeedWorkload, replicas: number): string {
  const [namespace = '', name = ''] = nsName(workload).split('/');
  const scope = namespace === 'default' ? '' : ` -n ${namespace}`;
  return `kubectl scale ${workload.kind.toLowerCase()}/${name}${scope} --replicas=${replicas}`;
}
