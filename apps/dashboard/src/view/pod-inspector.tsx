import type { FeedContainer, FeedPod } from '@gantry/api-types/feed';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { formatBytes, formatCpu, formatSpan, nameOf, namespaceOf } from '../format.ts';
import { deletePod } from '../state/actions.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useNow } from '../state/hooks.ts';
import { pendingCause } from '../state/pending.ts';
import { tileState, tileStateWords } from '../state/pod-state.ts';
import { objectPath } from '../state/selection.ts';
import { useUi } from '../state/ui.ts';
import { RefusalGrid, ScoreGrid, useDecision } from './decision.tsx';
import { Facts, ObjectEvents, ObjectTitle } from './facts.tsx';
import { Glyph } from './glyph.tsx';
import { hueStyle } from './tile.tsx';
import { useAction } from './use-action.ts';

interface PodProps {
  readonly store: ClusterStore;
  readonly pod: FeedPod;
}

/** A pod: its state in words, why it is where it is (or nowhere), its containers and events. */
export function PodInspector({ store, pod }: PodProps): ReactNode {
  const root = store.rootOf(pod);
  const namespace = namespaceOf(pod.key);
  const state = tileState(pod, pod.nodeName ? store.nodes.get(pod.nodeName) : undefined);
  return (
    <>
      <ObjectTitle kind="Pod" name={nameOf(pod.key)} namespace={namespace} hue={store.hues.of(root.uid)} />
      <p className="state-line" data-state={state}>
        <span className={`tile tile-${state}`} style={hueStyle(store.hues.of(root.uid))} aria-hidden="true">
          <Glyph state={state} />
        </span>
        <b>{tileStateWords[state]}</b> <span className="muted">{pod.status}</span>
      </p>
      {pod.message && (
        <p className="message">{pod.nodeName ? pod.message : `${pendingCause(pod.message)}. ${pod.message}`}</p>
      )}
      <PodFacts store={store} pod={pod} />
      <Containers containers={pod.containers} />
      <Placement pod={pod} />
      <DeletePod pod={pod} replacedBy={pod.owner ? root.name : undefined} />
      <ObjectEvents store={store} uids={new Set([pod.uid])} />
    </>
  );
}

function PodFacts({ store, pod }: PodProps): ReactNode {
  const now = store.serverNow(useNow(1000));
  const root = store.rootOf(pod);
  const usage = store.usage.get(pod.nodeName ?? '')?.pods.find((p) => p.uid === pod.uid);
  const limits = `${pod.limits.cpuMilli ? formatCpu(pod.limits.cpuMilli) : 'none'} CPU, ${pod.limits.memoryBytes ? formatBytes(pod.limits.memoryBytes) : 'none'} memory`;
  return (
    <Facts
      facts={[
        ['Node', pod.nodeName && <Link href={objectPath('Node', undefined, pod.nodeName)}>{pod.nodeName}</Link>],
        [
          'Owner',
          pod.owner && (
            <Link href={objectPath(root.kind, namespaceOf(pod.key), root.name)}>{`${root.kind} ${root.name}`}</Link>
          ),
        ],
        ['Requests', `${formatCpu(pod.requests.cpuMilli)} CPU, ${formatBytes(pod.requests.memoryBytes)} memory`],
        ['Uses', usage && `${formatCpu(usage.cpuMilli)} CPU, ${formatBytes(usage.memoryBytes)} memory`],
        [
          'Throttled',
          usage && usage.throttledRatio > 0.01
            ? `${Math.round(usage.throttledRatio * 100)} % of the time by its CPU limit`
            : undefined,
        ],
        ['Limits', limits],
        ['IP', pod.ip],
        ['Age', formatSpan(now - Date.parse(pod.createdAt))],
        ['Restarts', pod.restarts ? String(pod.restarts) : undefined],
      ]}
    />
  );
}

function Containers({ containers }: { readonly containers: readonly FeedContainer[] }): ReactNode {
  return (
    <section className="block" aria-label="Containers">
      <h3>Containers</h3>
      <ul className="containers">
        {containers.map((container) => (
          <li key={container.name}>
            <b>{container.name}</b> <span className="muted">{container.image}</span>
            <span className="container-state">
              {container.state === 'unknown' ? 'not started' : container.state}
              {container.reason ? `: ${container.reason}` : ''}
              {container.restarts ? `, restarted ${container.restarts}×` : ''}
            </span>
            {container.message && <span className="message">{container.message}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Placement({ pod }: { readonly pod: FeedPod }): ReactNode {
  const decision = useDecision(pod.uid, `${pod.nodeName ?? ''} ${pod.message ?? ''}`);
  if (typeof decision !== 'object') return null;
  return (
    <section className="block" aria-label="Placement">
      <h3>{decision.outcome === 'bound' ? `Why ${decision.nodeName ?? 'this node'}` : 'Why not placed'}</h3>
      {decision.outcome === 'bound' ? <ScoreGrid decision={decision} /> : <RefusalGrid decision={decision} />}
    </section>
  );
}

function DeletePod({ pod, replacedBy }: { readonly pod: FeedPod; readonly replacedBy: string | undefined }): ReactNode {
  const { podToDelete, askToDelete } = useUi();
  const action = useAction({ verb: 'delete', resource: 'pods', namespace: namespaceOf(pod.key) });
  // Whoever went elsewhere has not been asked any more.
  useEffect(
    () => () => {
      if (useUi.getState().podToDelete === pod.key) askToDelete(undefined);
    },
    [pod.key, askToDelete],
  );
  if (pod.deletedAt) return null;
  const run = (): void => {
    askToDelete(undefined);
    action.run(() => deletePod({ namespace: namespaceOf(pod.key), name: nameOf(pod.key), uid: pod.uid }));
  };
  return (
    <div className="danger">
      {podToDelete === pod.key ? (
        <section id="delete-question" tabIndex={-1} aria-label={`Delete ${nameOf(pod.key)}`}>
          <p>
            Deletes {nameOf(pod.key)}. {replacedBy ? `${replacedBy} starts another.` : 'Nothing starts another.'}
          </p>
          <button type="button" className="button button-danger" disabled={!action.isAllowed} onClick={run}>
            Delete
          </button>
          <button type="button" className="button" onClick={() => askToDelete(undefined)}>
            Keep
          </button>
        </section>
      ) : (
        <button
          type="button"
          className="button"
          disabled={!action.isAllowed || action.isBusy}
          onClick={() => askToDelete(pod.key)}
        >
          Delete pod…
        </button>
      )}
      {action.whyNot && <p className="muted">{action.whyNot}</p>}
      {action.error && (
        <p className="error" role="alert">
          {action.error}
        </p>
      )}
    </div>
  );
}
