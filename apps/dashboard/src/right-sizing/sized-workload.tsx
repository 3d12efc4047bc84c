import type { ContainerRecommendation, WorkloadRecommendation } from '@gantry/api-types/right-sizing';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { count, formatBytes, formatCpu, formatSpan } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { objectPath } from '../state/selection.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import { Asking } from '../view/asking.tsx';
import { useAction } from '../view/use-action.ts';
import { clearPreview, showPreview, usePreviewOf } from '../what-if/preview.ts';
import { freesWords, fromTo, previewChanges } from './recommendation-words.ts';
import { patchTemplate, resizeInPlace } from './right-sizing-calls.ts';

export const previewOwner = 'right-sizing';

export interface SizedWorkloadProps {
  readonly store: ClusterStore;
  readonly recommendation: WorkloadRecommendation;
}

/** One workload: what its containers request and should, from which observations, and how to get there. */
export function SizedWorkloadView({ store, recommendation }: SizedWorkloadProps): ReactNode {
  const { workload, pods, confidence, samples, spanSeconds, containers, frees, notes } = recommendation;
  const { kind, namespace, name } = workload;
  return (
    <section className="sized" aria-label={`${kind} ${name}`} data-sized={`${kind}/${namespace}/${name}`}>
      <p className="sized-title">
        <Link href={objectPath(kind, namespace, name)}>{name}</Link>{' '}
        <span className="muted">
          {kind} in {namespace}, {count(pods, 'pod')}
        </span>{' '}
        <b>{confidence === 'none' ? 'nothing can be said yet' : freesWords(frees)}</b>{' '}
        <span className="muted">
          {confidence === 'none' ? '' : `confidence ${confidence}: `}
          {count(samples, 'sample')} of {formatSpan(spanSeconds * 1000)}
        </span>
      </p>
      {confidence !== 'none' && <Containers containers={containers} />}
      {notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
      <Ways store={store} recommendation={recommendation} />
    </section>
  );
}

function Containers({ containers }: { readonly containers: readonly ContainerRecommendation[] }): ReactNode {
  return (
    <table className="grid">
      <thead>
        <tr>
          <th scope="col">Container</th>
          <th scope="col">CPU request</th>
          <th scope="col">CPU used: p50, high, most</th>
          <th scope="col">Memory request</th>
          <th scope="col">Memory used: p50, most</th>
        </tr>
      </thead>
      <tbody>
        {containers.map(({ name, present, recommended, observed }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{fromTo(present.cpuMilli, recommended.cpuMilli, formatCpu)}</td>
            <td>
              {[observed.cpuP50Milli, observed.cpuHighMilli, observed.cpuMaxMilli].map((n) => formatCpu(n)).join(', ')}
            </td>
            <td>{fromTo(present.memoryBytes, recommended.memoryBytes, formatBytes)}</td>
            <td>{[observed.memoryP50Bytes, observed.memoryMaxBytes].map((n) => formatBytes(n)).join(', ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Ways({ store, recommendation }: SizedWorkloadProps): ReactNode {
  const { workload, resize, template } = recommendation;
  const { namespace, name } = workload;
  const { group, resource } = workloadKinds[workload.kind];
  const pods = useAction({ verb: 'patch', resource: 'pods', subresource: 'resize', namespace });
  const workloads = useAction({ verb: 'patch', group, resource, namespace });
  const [outcome, setOutcome] = useState('');
  const [isShown, setShown] = useState(false);
  const label = `${name} right-sized`;
  const isPreviewed = usePreviewOf(previewOwner)?.label === label;
  const changes = previewChanges(recommendation);
  if (changes.length === 0 || (resize.length === 0 && !template)) return null;
  const toggle = (): void => {
    if (isPreviewed) clearPreview(previewOwner);
    else void showPreview(store, previewOwner, label, { changes });
  };
  return (
    <>
      <div className="buttons">
        <button type="button" className="button" aria-pressed={isPreviewed} onClick={toggle}>
          Preview
        </button>
        {resize.length > 0 && (
          <Asking
            verb="Resize in place"
            effect={`Resizes ${count(resize.length, 'running pod')} of ${name}; no container restarts.`}
            isDisabled={!pods.isAllowed || pods.isBusy}
            whyNot={pods.whyNot}
            run={() => pods.run(async () => setOutcome(await resizeInPlace(resize)))}
          />
        )}
        {template && (
          <>
            <Asking
              verb="Change the template"
              effect={`All pods of ${name} start anew with the new requests.`}
              isDisabled={!workloads.isAllowed || workloads.isBusy}
              whyNot={workloads.whyNot}
              run={() =>
                workloads.run(async () => {
                  await patchTemplate(template);
                  setOutcome('The template is changed; pods start anew.');
                })
              }
            />
            <button type="button" className="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
              Show YAML
            </button>
          </>
        )}
      </div>
      {isShown && template && <pre className="yaml">{template.yaml}</pre>}
      <p role="status">{outcome}</p>
      {[pods.error, workloads.error].map((error) =>
        error ? (
          <p key={error} className="error" role="alert">
            {error}
          </p>
        ) : null,
      )}
    </>
  );
}
