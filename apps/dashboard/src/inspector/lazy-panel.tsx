import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { useReplay } from '../timeline/replay-context.tsx';
import type { InspectorTab, Selected } from './tabs.ts';

interface PanelProps {
  readonly selected: Selected;
}

/** Panels that nobody pays for before opening them. */
const panels: Readonly<Partial<Record<InspectorTab, ComponentType<PanelProps>>>> = {
  usage: lazy(() => import('../charts/usage-panel.tsx')),
  logs: lazy(() => import('../logs/logs-panel.tsx')),
  terminal: lazy(() => import('../terminal/terminal-panel.tsx')),
  yaml: lazy(() => import('../editor/yaml-panel.tsx')),
  anatomy: lazy(() => import('../anatomy/anatomy-panel.tsx')),
};

/** Tabs that show what the cluster is now, and may change it: there is no past of them. */
const ofNow: Readonly<Partial<Record<InspectorTab, string>>> = {
  logs: 'Logs',
  terminal: 'Terminals',
  yaml: 'Objects as YAML',
  anatomy: 'Containers on their nodes',
};

/** The panel of a tab that is loaded on demand; nothing for the others. */
export function LazyPanel({ tab, selected }: PanelProps & { readonly tab: InspectorTab }): ReactNode {
  const isPast = useReplay().view.kind !== 'live';
  const Panel = panels[tab];
  if (!Panel) return null;
  if (isPast && ofNow[tab]) return <NotOfThePast what={ofNow[tab]} />;
  return (
    <Suspense fallback={<p className="empty">Loading…</p>}>
      <Panel selected={selected} />
    </Suspense>
  );
}

const EditPanel = lazy(() => import('../editor/edit-panel.tsx'));

/** The editor that `?edit=` opens in place of the selected object. */
export function LazyEditor({ edit }: { readonly edit: string }): ReactNode {
  const isPast = useReplay().view.kind !== 'live';
  if (isPast) return <NotOfThePast what="Objects as YAML" />;
  return (
    <Suspense fallback={<p className="empty">Loading the editor…</p>}>
      <EditPanel key={edit} edit={edit} />
    </Suspense>
  );
}

function NotOfThePast({ what }: { readonly what: string }): ReactNode {
  return <p className="empty">{what} are of now, and the page shows the past: go back to live to see them.</p>;
}
