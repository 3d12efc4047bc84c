import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { closeYaml, openYaml } from '../editor/edit-link.ts';
import { EventsTab } from '../inspector/events-tab.tsx';
import { LazyEditor, LazyPanel } from '../inspector/lazy-panel.tsx';
import { TabBar } from '../inspector/tab-bar.tsx';
import { useInspectorTab } from '../inspector/tabs.ts';
import { useCluster } from '../state/hooks.ts';
import { type Selection, selectedWorkloadKey } from '../state/selection.ts';
import { useSearchValue } from '../state/url-search.ts';
import { NodeInspector } from './node-inspector.tsx';
import { PodInspector } from './pod-inspector.tsx';
import { WorkloadInspector } from './workload-inspector.tsx';
import { WorkloadList } from './workload-list.tsx';

/** The right column: the selected object, or the workloads where nothing is selected. */
export function Inspector({ selection }: { readonly selection: Selection }): ReactNode {
  const [tab, setTab] = useInspectorTab();
  const [edit] = useSearchValue('edit');
  if (edit) {
    return (
      <aside className="inspector is-wide" aria-label="Details">
        <nav aria-label="Back">
          <button type="button" className="button" onClick={closeYaml}>
            Close the editor
          </button>
        </nav>
        <div className="tab-panel">
          <LazyEditor edit={edit} />
        </div>
      </aside>
    );
  }
  if (selection.kind === 'none') {
    return (
      <aside className="inspector" aria-label="Details">
        <WorkloadList />
        <button type="button" className="button create-yaml" onClick={() => openYaml()}>
          Create or apply YAML…
        </button>
      </aside>
    );
  }
  return (
    <aside className={tab.isWide ? 'inspector is-wide' : 'inspector'} aria-label="Details">
      <nav aria-label="Back">
        <Link href="/" className="back">
          All workloads
        </Link>
      </nav>
      <TabBar tab={tab.id} onChange={setTab} />
      <div className="tab-panel" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab.id}`}>
        {tab.id === 'overview' && <Selected selection={selection} />}
        {tab.id === 'events' && <EventsTab selected={selection} />}
        <LazyPanel tab={tab.id} selected={selection} />
      </div>
    </aside>
  );
}

function Selected({ selection }: { readonly selection: Exclude<Selection, { kind: 'none' }> }): ReactNode {
  const store = useCluster('workloads', 'pods', 'nodes', 'cluster');
  if (selection.kind === 'node') {
    const node = store.nodes.get(selection.name);
    return node ? (
      <NodeInspector key={node.uid} store={store} node={node} />
    ) : (
      <Missing what={`node ${selection.name}`} />
    );
  }
  const key = `${selection.namespace}/${selection.name}`;
  if (selection.kind === 'pod') {
    const pod = store.pods.get(key);
    return pod ? <PodInspector key={pod.uid} store={store} pod={pod} /> : <Missing what={`pod ${key}`} />;
  }
  const workload = store.workloads.get(selectedWorkloadKey(selection) ?? '');
  return workload ? (
    <WorkloadInspector key={workload.uid} workloadKey={workload.key} />
  ) : (
    <Missing what={`${selection.kind} ${key}`} />
  );
}

function Missing({ what }: { readonly what: string }): ReactNode {
  const store = useCluster('cluster');
  return <p className="empty">{store.cluster ? `There is no ${what}, or no longer.` : 'Loading…'}</p>;
}
