import { usePalette } from '../palette/palette-state.ts';
import { switchFleetView } from '../state/fleet-view.ts';
import { mayWrite } from '../state/may-write.ts';
import { useUi } from '../state/ui.ts';
import type { PageAction } from './action.ts';

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

function focusOn(id: string): void {
  document.getElementById(id)?.focus();
}
