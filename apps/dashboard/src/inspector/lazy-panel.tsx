import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';
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
};

/** The panel of a tab that is loaded on demand; nothing for the others. */
export function LazyPanel({ tab, selected }: PanelProps & { readonly tab: InspectorTab }): ReactNode {
  const Panel = panels[tab];
  return (
    Panel && (
      <Suspense fallback={<p className="empty">Loading…</p>}>
        <Panel selected={selected} />
      </Suspense>
    )
  );
}

const EditPanel = lazy(() => import('../editor/edit-panel.tsx'));

/** The editor that `?edit=` opens in place of the selected object. */
export function LazyEditor({ edit }: { readonly edit: string }): ReactNode {
  return (
    <Suspense fallback={<p className="empty">Loading the editor…</p>}>
      <EditPanel key={edit} edit={edit} />
    </Suspense>
  );
}
