import type { FeedWorkload } from '@gantry/api-types/feed';
import { type ReactNode, useEffect, useState } from 'react';
import { nameOf, namespaceOf } from '../format.ts';
import { scale } from '../state/actions.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import { CopyCommand } from '../view/copy-command.tsx';
import { type Action, useAction } from '../view/use-action.ts';
import { nsName } from '../view/workload-list.tsx';
import { clearPreview, type Preview, showPreview, usePreviewOf } from '../what-if/preview.ts';
import { workloadReference } from '../what-if/workload-reference.ts';
import { isUnderWay, kubectlScale, scaleAnswer, sliderEnd } from './scale-answer.ts';

export interface ScalePanelProps {
  readonly store: ClusterStore;
  readonly workload: FeedWorkload;
}

/** A drag over the slider asks once it rests this long, milliseconds. */
const restMs = 120;
const owner = 'scale';

/**
 * Slider, number and arrows for `spec.replicas`. Before anything is applied the real scheduler says on a copy of the state
 * where the replicas would go: ghosts on the nodes and in the tray, and a sentence here.
 */
export function ScalePanel({ store, workload }: ScalePanelProps): ReactNode {
  const [draft, setDraft] = useState<number>();
  const [applied, setApplied] = useState<number>();
  const namespace = namespaceOf(nsName(workload));
  const { group, resource } = workloadKinds[workload.kind];
  const action = useAction({ verb: 'patch', group, resource, namespace });
  const preview = useScalePreview(store, workload, draft);
  const apply = (replicas: number): void =>
    action.run(async () => {
      await scale({ kind: workload.kind, namespace, name: nameOf(workload.key), replicas });
      setDraft(undefined);
      setApplied(replicas);
    });
  const value = draft ?? workload.replicas;
  return (
    <form
      className="scale"
      onSubmit={(event) => {
        event.preventDefault();
        if (draft !== undefined && draft !== workload.replicas) apply(draft);
      }}
    >
      <Amount
        workload={workload}
        store={store}
        value={value}
        applied={applied}
        isAllowed={action.isAllowed}
        onChange={setDraft}
      />
      {draft !== undefined && draft !== workload.replicas ? (
        <Draft
          workload={workload}
          draft={draft}
          preview={preview}
          action={action}
          apply={apply}
          cancel={() => setDraft(undefined)}
        />
      ) : (
        <button type="submit" className="button button-primary scale-apply" disabled>
          Apply
        </button>
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

/** Asks what the draft would do; nothing while it is what is in force. */
function useScalePreview(store: ClusterStore, workload: FeedWorkload, draft: number | undefined): Preview | undefined {
  const { kind, key } = workload;
  const isDraft = draft !== undefined && draft !== workload.replicas;
  useEffect(() => {
    if (!isDraft) return clearPreview(owner);
    const reference = workloadReference({ kind, key });
    if (!reference) return;
    const change = { type: 'scale' as const, workload: reference, replicas: draft };
    const timer = setTimeout(
      () => void showPreview(store, owner, `${reference.name} at ${draft}`, { changes: [change] }),
      restMs,
    );
    return () => clearTimeout(timer);
  }, [store, kind, key, draft, isDraft]);
  useEffect(() => () => clearPreview(owner), []);
  return usePreviewOf(owner);
}

interface AmountProps extends ScalePanelProps {
  readonly value: number;
  readonly applied: number | undefined;
  readonly isAllowed: boolean;
  readonly onChange: (value: number) => void;
}

function Amount({ store, workload, value, applied, isAllowed, onChange }: AmountProps): ReactNode {
  const ready = store.readyPodsOf(workload);
  const most = sliderEnd(Math.max(workload.replicas, value));
  return (
    <>
      <label htmlFor="replicas">Replicas</label>
      {isUnderWay(store, workload, applied) ? (
        <span className="scale-progress" data-scale-progress="">
          <span
            className="scale-progress-bar"
            style={{ width: `${Math.min(1, ready / Math.max(1, workload.replicas)) * 100}%` }}
          />
          <span className="scale-progress-words">
            {ready}/{workload.replicas} ready
          </span>
        </span>
      ) : (
        <input
          type="range"
          min={0}
          max={most}
          value={Math.min(value, most)}
          disabled={!isAllowed}
          onChange={(event) => onChange(Number(event.target.value))}
          aria-label="Replicas, slider"
        />
      )}
      <input
        id="replicas"
        type="number"
        min={0}
        max={10_000}
        step={1}
        required
        value={value}
        disabled={!isAllowed}
        onChange={(event) => onChange(Math.max(0, Math.trunc(event.target.valueAsNumber || 0)))}
        onFocus={(event) => event.target.select()}
      />
    </>
  );
}

interface DraftProps {
  readonly workload: FeedWorkload;
  readonly draft: number;
  readonly preview: Preview | undefined;
  readonly action: Action;
  readonly apply: (replicas: number) => void;
  readonly cancel: () => void;
}

function Draft({ workload, draft, preview, action, apply, cancel }: DraftProps): ReactNode {
  const [isShown, setShown] = useState(false);
  const answer = scaleAnswer(workload, draft, preview);
  const isOff = !action.isAllowed || action.isBusy;
  return (
    <div className="scale-draft">
      <p className="scale-sentence" data-scale-sentence="" aria-live="polite">
        {answer.sentence}
      </p>
      <div className="buttons">
        <button type="submit" className="button button-primary" disabled={isOff}>
          Apply {draft}
        </button>
        {answer.fitting !== undefined && (
          <button type="button" className="button" disabled={isOff} onClick={() => apply(answer.fitting ?? draft)}>
            Apply {answer.fitting} (all that fit)
          </button>
        )}
        <button type="button" className="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          Show kubectl
        </button>
        <button type="button" className="button button-quiet" onClick={cancel}>
          Cancel
        </button>
      </div>
      {isShown && <CopyCommand command={kubectlScale(workload, draft)} />}
    </div>
  );
}
