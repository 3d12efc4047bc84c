import type { FeedPod } from '@gantry/api-types/feed';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useAccess } from '../api/use-access.ts';
import { nameOf, namespaceOf } from '../format.ts';
import { podsOfSelected, selectedWords } from '../inspector/object-pods.ts';
import type { Selected } from '../inspector/tabs.ts';
import { useCluster } from '../state/hooks.ts';
import { selectionPath } from '../state/selection.ts';
import { useSearchValue } from '../state/url-search.ts';

const TerminalView = lazy(() => import('./terminal-view.tsx'));

/** A shell in one of the selected object's containers. The terminal itself is loaded once there is something to connect to. */
export default function TerminalPanel({ selected }: { readonly selected: Selected }): ReactNode {
  return <PodTerminal key={selectionPath(selected)} selected={selected} />;
}

function PodTerminal({ selected }: { readonly selected: Selected }): ReactNode {
  const store = useCluster('pods', 'nodes', 'workloads');
  const pods = podsOfSelected(store, selected);
  const [linkedPod, setLinkedPod] = useSearchValue('pod');
  const [containerName, setContainerName] = useSearchValue('container');
  // Chosen once: what is typed must never land in another pod because the first one has gone.
  const [chosen, setChosen] = useState<string>();
  const first = pods.find((one) => nameOf(one.key) === linkedPod) ?? pods.find(isRunning) ?? pods[0];
  useEffect(() => {
    if (first) setChosen((before) => before ?? nameOf(first.key));
  }, [first]);
  const podName = chosen ?? (first && nameOf(first.key));
  const pod = pods.find((one) => nameOf(one.key) === podName);
  const container = pod?.containers.find(({ name }) => name === containerName) ?? pod?.containers[0];
  const access = useAccess({
    verb: 'create',
    resource: 'pods',
    subresource: 'exec',
    namespace: pod ? namespaceOf(pod.key) : 'default',
  });
  return (
    <section className="terminal" aria-label={`Terminal in ${selectedWords(selected)}`}>
      <div className="panel-title">
        <h2>{pod ? nameOf(pod.key) : selectedWords(selected)}</h2>
        <span className="muted">{container?.name}</span>
      </div>
      <div className="terminal-bar">
        {selected.kind !== 'pod' && pods.length > 0 && (
          <Choice
            label="Pod"
            value={podName ?? ''}
            values={pods.map(({ key }) => nameOf(key))}
            onChange={(name) => {
              setChosen(name);
              setLinkedPod(name);
            }}
          />
        )}
        {pod && pod.containers.length > 1 && (
          <Choice
            label="Container"
            value={container?.name ?? ''}
            values={pod.containers.map(({ name }) => name)}
            onChange={setContainerName}
          />
        )}
      </div>
      {!pod || !container ? (
        <p className="muted">{podName ? `${podName} is gone.` : `${selectedWords(selected)} has no pods now.`}</p>
      ) : access?.isAllowed ? (
        <Suspense fallback={<p className="empty">Loading the terminal…</p>}>
          <KeptTerminal key={`${pod.uid} ${container.name}`} pod={pod} container={container.name} />
        </Suspense>
      ) : (
        <p className="muted">{access?.reason ?? 'Asking the API whether this session may use a terminal…'}</p>
      )}
    </section>
  );
}

/** Reconnecting makes a new terminal; what the old one shows is gone with it. */
function KeptTerminal({ pod, container }: { readonly pod: FeedPod; readonly container: string }): ReactNode {
  const [attempt, setAttempt] = useState(0);
  return <TerminalView key={attempt} pod={pod} container={container} onReconnect={() => setAttempt(attempt + 1)} />;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly values: readonly string[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, values, onChange }: ChoiceProps): ReactNode {
  return (
    <label className="choice">
      {label}{' '}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {!values.includes(value) && <option value={value}>{value}, gone</option>}
        {values.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

function isRunning(pod: FeedPod): boolean {
  return pod.phase === 'Running' && !pod.deletedAt;
}
