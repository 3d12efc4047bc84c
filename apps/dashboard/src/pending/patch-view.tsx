import type { FixPatch } from '@gantry/api-types/simulation';
import { type ReactNode, useCallback } from 'react';
import { getObject } from '../api/client.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { workloadKindAt, workloadKinds } from '../state/workload-kinds.ts';
import { useQuestion } from '../view/use-question.ts';
import { type FieldChange, patchDiff } from './patch-diff.ts';

interface PatchViewProps {
  readonly store: ClusterStore;
  readonly patch: FixPatch;
}

/** What a patch would change in its object as the API has it now, line by line; the bare patch where that is not to be had. */
export function PatchView({ store, patch }: PatchViewProps): ReactNode {
  const { apiVersion, kind, namespace, name } = patch;
  const resource = resourceOf(kind);
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const where = namespace === undefined ? {} : { namespace };
      return { object: await getObject<object>({ apiVersion, resource, name, ...where }, { signal }) };
    },
    [apiVersion, resource, namespace, name],
  );
  const answer = useQuestion(store, ask, 0);
  if (answer === 'asking') return <p className="muted">Reading {name}…</p>;
  if ('error' in answer) {
    return (
      <>
        <p className="muted">
          {kind} {name} could not be read ({answer.error}); the patch:
        </p>
        <pre className="yaml">{patch.yaml}</pre>
      </>
    );
  }
  const changes = patchDiff(answer.object, patch.patch);
  if (changes.length === 0) return <p className="muted">{name} is like this already.</p>;
  return (
    <div className="yaml" data-patch-diff="">
      {changes.map((change) => (
        <ChangeLines key={`${change.at} ${change.before ?? ''} ${change.after ?? ''}`} change={change} />
      ))}
    </div>
  );
}

function ChangeLines({ change: { at, before, after } }: { readonly change: FieldChange }): ReactNode {
  return (
    <>
      <span className="muted">{at}</span>
      {before !== undefined && <del>- {before}</del>}
      {after !== undefined && <ins>+ {after}</ins>}
    </>
  );
}

function resourceOf(kind: string): string {
  const workload = workloadKindAt(kind.toLowerCase());
  return workload ? workloadKinds[workload].resource : `${kind.toLowerCase()}s`;
}
