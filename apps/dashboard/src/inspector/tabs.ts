import type { Selection } from '../state/selection.ts';
import { useSearchValue } from '../state/url-search.ts';

/** What the inspector can show of an object. */
export type InspectorTab = 'overview' | 'usage' | 'logs' | 'terminal' | 'yaml' | 'anatomy' | 'events';

export interface TabDescription {
  readonly id: InspectorTab;
  readonly title: string;
  /** Needs more room than the column has. */
  readonly isWide?: boolean;
}

/** In the order of the tab bar. */
export const inspectorTabs: readonly TabDescription[] = [
  { id: 'overview', title: 'Overview' },
  { id: 'usage', title: 'Usage' },
  { id: 'logs', title: 'Logs', isWide: true },
  { id: 'terminal', title: 'Terminal', isWide: true },
  { id: 'yaml', title: 'YAML', isWide: true },
  { id: 'anatomy', title: 'Anatomy' },
  { id: 'events', title: 'Events' },
];

/** The tab that the URL names (`?tab=logs`), the first one otherwise. */
export function useInspectorTab(): [TabDescription, (tab: InspectorTab) => void] {
  const [value, setValue] = useSearchValue('tab');
  const [first] = inspectorTabs;
  const tab = inspectorTabs.find(({ id }) => id === value) ?? first ?? { id: 'overview', title: 'Overview' };
  return [tab, (id) => setValue(id === first?.id ? undefined : id, true)];
}

/** A selected object. */
export type Selected = Exclude<Selection, { kind: 'none' }>;
