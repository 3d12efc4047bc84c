import { usePalette } from '../palette/palette-state.ts';
import { switchFleetView } from '../state/fleet-view.ts';
import { mayWrite } from '../state/may-write.ts';
import { objectPath, selectedWorkloadKey } from '../state/selection.ts';
import { useUi } from '../state/ui.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import type { ActionContext, PageAction } from './action.ts';
import { openOverview } from './open-overview.ts';

/** Actions on the page as a whole. */
export const pageActions: readonly PageAction[] = [
  {
    id: 'page.palette',
    title: 'Command palette',
    keywords: 'commands find go',
    shortcut: 'Ctrl+k',
    isAvailable: () => !usePalette.getState().isOpen,
    run: ({ target }) => usePalette.getState().open(target),
  },
  {
    id: 'page.filter',
    title: 'Filter pods, workloads, nodes and events',
    keywords: 'search find',
    shortcut: '/',
    run: () => focusOn('filter'),
  },
  {
    id: 'workload.scale',
    title: 'Scale the workload',
    keywords: 'replicas',
    shortcut: 's',
    about: (context) => scalable(context)?.name,
    isAvailable: (context) => mayWrite(context.store) && scalable(context) !== undefined,
    run(context) {
      const workload = scalable(context);
      if (workload)
        openOverview(context.navigate, objectPath(workload.kind, workload.namespace, workload.name), 'replicas');
    },
  },
  {
    id: 'page.table',
    title: 'Switch between tiles and tables',
    keywords: 'rows list view accessible',
    shortcut: 't',
    run: switchFleetView,
  },
  ...(['system', 'light', 'dark'] as const).map((theme) => ({
    id: `theme.${theme}`,
    title: `Theme: ${theme === 'system' ? "the system's" : theme}`,
    keywords: 'colours appearance mode',
    isAvailable: () => useUi.getState().theme !== theme,
    run: () => useUi.getState().setTheme(theme),
  })),
  {
    id: 'page.tour',
    title: 'Guided tour',
    keywords: 'demo introduction show',
    isAvailable: ({ store }) => mayWrite(store),
    run: () => useUi.getState().setTourOpen(true),
  },
  {
    id: 'page.help',
    title: 'Help: keys and signs',
    keywords: 'shortcuts legend',
    shortcut: '?',
    run: () => useUi.getState().setHelpOpen(true),
  },
];

/** The workload that is open, or to which the focused or open pod belongs, where it is one that can be scaled. */
function scalable({ target, store }: ActionContext): { kind: string; namespace: string; name: string } | undefined {
  if (target.kind === 'none' || target.kind === 'node') return undefined;
  const { namespace, name } = target;
  const pod = target.kind === 'pod' ? store.pods.get(`${namespace}/${name}`) : undefined;
  const root = pod && store.rootOf(pod);
  const key = root ? `${root.kind}/${namespace}/${root.name}` : selectedWorkloadKey(target);
  const workload = store.workloads.get(key ?? '');
  if (!workload || workload.owner || !workloadKinds[workload.kind].isScalable) return undefined;
  return { kind: workload.kind, namespace, name: root?.name ?? name };
}

function focusOn(id: string): void {
  document.getElementById(id)?.focus();
}
