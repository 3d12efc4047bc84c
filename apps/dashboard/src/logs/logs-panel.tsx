import { type ReactNode, useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import { followLog } from '../api/pod-log.ts';
import { count, nameOf, namespaceOf } from '../format.ts';
import { podsOfSelected, selectedWords } from '../inspector/object-pods.ts';
import type { Selected } from '../inspector/tabs.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster } from '../state/hooks.ts';
import { isNodeReady } from '../state/pod-state.ts';
import { selectionPath } from '../state/selection.ts';
import { useSearchValue } from '../state/url-search.ts';
import { LogChips } from './log-chips.tsx';
import { createLogFilter } from './log-filter.ts';
import { LogRows, type SourceLabel } from './log-rows.tsx';
import { LogSession, type LogSource } from './log-session.ts';
import { containerNames, everyContainer, shortNames, wantedLogs } from './log-sources.ts';
import { LogToolbar } from './log-toolbar.tsx';
import './logs.css';

const hues = 8;

/** The merged log of the pods that the selected object is, holds or manages, live. */
export default function LogsPanel({ selected }: { readonly selected: Selected }): ReactNode {
  const [container] = useSearchValue('container');
  const [previous] = useSearchValue('previous');
  // Another question is another log: nothing of the old one stays.
  const key = `${selectionPath(selected)} ${container ?? ''} ${previous ?? ''}`;
  return <Logs key={key} selected={selected} container={container} isPrevious={previous !== undefined} />;
}

interface LogsProps {
  readonly selected: Selected;
  readonly container: string | undefined;
  readonly isPrevious: boolean;
}

function Logs({ selected, container, isPrevious }: LogsProps): ReactNode {
  const store = useCluster('pods', 'nodes', 'workloads');
  const pods = podsOfSelected(store, selected);
  const session = useLogSession(store, { pods, container, isPrevious });
  // Rows are drawn again when their label is another object: so it is only where the sources are others.
  const sourceKeys = session.sources.map((source) => source.key).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: stands for the sources
  const labels = useMemo(() => labelsOf(session.sources), [sourceKeys]);
  const labelOf = useCallback((source: number) => labels.get(source), [labels]);
  const [muted, setMuted] = useSearchValue('muted');
  const mutedNames = new Set(muted?.split(',') ?? []);
  const isMuted = (index: number): boolean => mutedNames.has(labels.get(index)?.title ?? '');
  const toggle = (source: LogSource): void => {
    const name = sourceTitle(source);
    if (!mutedNames.delete(name)) mutedNames.add(name);
    setMuted([...mutedNames].join(','));
  };
  const [grep = '', setGrep] = useSearchValue('grep');
  const filter = createLogFilter(grep, isMuted);
  // Filters and entries only change by being replaced, so that this runs once a change.
  const { entries } = session;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter is made of pattern, mutes and sources
  const shown = useMemo(() => entries.filter((entry) => filter.matches(entry)), [entries, grep, muted, labels]);
  return (
    <section className="logs" aria-label={`Logs of ${selectedWords(selected)}`}>
      <div className="panel-title">
        <h2>{selectedWords(selected)}</h2>
        <span className="muted" data-log-count="">
          {countWords(shown.length, entries.length, session.dropped)}
        </span>
      </div>
      <LogToolbar
        containers={containerNames(pods)}
        container={container}
        grep={grep}
        onGrep={setGrep}
        problem={filter.problem}
        textOf={() => shown.map((entry) => lineText(entry, labelOf(entry.source)))}
        fileName={`${selected.name}.log`}
        onClear={() => session.clear()}
      />
      <LogChips store={store} session={session} labelOf={labelOf} isMuted={isMuted} onToggle={toggle} />
      {session.sources.length === 0 && <p className="muted">{selectedWords(selected)} has no pods now.</p>}
      <LogRows entries={shown} labelOf={labelOf} />
    </section>
  );
}

interface SessionQuestion {
  readonly pods: ReturnType<typeof podsOfSelected>;
  readonly container: string | undefined;
  readonly isPrevious: boolean;
}

/** A session for as long as the panel is open, told of every change of the pods. */
function useLogSession(store: ClusterStore, { pods, container, isPrevious }: SessionQuestion): LogSession {
  const session = useMemo(
    () =>
      new LogSession({
        isPrevious,
        now: () => store.serverNow(Date.now()),
        open: (pod, query, handlers) =>
          followLog(
            { apiVersion: 'v1', resource: 'pods', namespace: namespaceOf(pod.key), name: nameOf(pod.key) },
            query,
            handlers,
          ),
      }),
    [store, isPrevious],
  );
  useEffect(() => () => session.stop(), [session]);
  useSyncExternalStore(session.subscribe, () => session.version);
  useEffect(() => {
    const lostNodes = new Set<string>();
    for (const { nodeName } of pods) {
      const node = nodeName === undefined ? undefined : store.nodes.get(nodeName);
      if (node && !isNodeReady(node)) lostNodes.add(node.key);
    }
    session.want({ logs: wantedLogs(pods, knownContainer(pods, container)), lostNodes });
  });
  return session;
}

/** A container's name that a link brought along from another object is none of this one's. */
function knownContainer(pods: SessionQuestion['pods'], name: string | undefined): string | undefined {
  return name === everyContainer || containerNames(pods).includes(name ?? '') ? name : undefined;
}

function labelsOf(sources: readonly LogSource[]): ReadonlyMap<number, SourceLabel> {
  const names = shortNames(sources.map(({ pod }) => pod));
  const hasSeveral = new Set(sources.map(({ container }) => container)).size > 1;
  return new Map(
    sources.map((source) => {
      const name = names.get(source.pod.uid) ?? nameOf(source.pod.key);
      const text = hasSeveral ? `${name}/${source.container}` : name;
      return [source.index, { text, title: sourceTitle(source), hue: source.index % hues }];
    }),
  );
}

/** Which mutes name it by, too: it holds over a reload. */
function sourceTitle(source: LogSource): string {
  return `${nameOf(source.pod.key)}/${source.container}`;
}

function lineText(
  { time, text }: { readonly time: string; readonly text: string },
  label: SourceLabel | undefined,
): string {
  return `${time} ${label ? `[${label.title}] ` : '-- '}${text}`;
}

function countWords(shown: number, kept: number, dropped: number): string {
  const all = dropped > 0 ? `newest ${kept} lines, older ones dropped` : count(kept, 'line');
  return shown === kept ? all : `${shown} of ${all}`;
}
