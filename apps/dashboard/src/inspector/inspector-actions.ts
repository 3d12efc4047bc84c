import type { ActionContext, PageAction } from '../actions/action.ts';
import { openYaml } from '../editor/edit-link.ts';
import { selectionPath } from '../state/selection.ts';
import { withSearchValue } from '../state/url-search.ts';
import type { InspectorTab } from './tabs.ts';

/** What leads to the inspector's tabs, for the focused or selected object. */
export const inspectorActions: readonly PageAction[] = [
  tabAction('usage', 'Show the usage', undefined, 'charts cpu memory history autoscaler over time'),
  tabAction('logs', 'Show the logs', 'l', 'tail output print follow'),
  tabAction('terminal', 'Open a terminal', 'e', 'exec shell console'),
  tabAction('yaml', 'Show and edit the YAML', 'y', 'manifest edit apply spec'),
  tabAction(
    'anatomy',
    'Show what containers are made of',
    undefined,
    'namespaces cgroups layers image inspect phases start',
  ),
  tabAction('events', 'Show the events', undefined, 'history what happened'),
  {
    id: 'yaml.create',
    title: 'Create or apply YAML',
    keywords: 'new add deploy manifest kubectl',
    run: () => openYaml(),
  },
];

function tabAction(tab: InspectorTab, title: string, shortcut: string | undefined, keywords: string): PageAction {
  return {
    id: `object.${tab}`,
    title,
    keywords,
    ...(shortcut === undefined ? {} : { shortcut }),
    about: ({ target }) => (target.kind === 'none' ? undefined : target.name),
    isAvailable: ({ target }) => target.kind !== 'none',
    run: (context) => openTab(context, tab),
  };
}

function openTab({ target, navigate }: ActionContext, tab: InspectorTab): void {
  const search = withSearchValue(withSearchValue(location.search, 'edit', undefined), 'tab', tab);
  navigate(selectionPath(target) + search);
  // The keyboard goes where the eye goes; a terminal takes it from there by itself, and may have done so.
  requestAnimationFrame(() => {
    if (!document.activeElement?.closest('.terminal-host')) document.getElementById(`tab-${tab}`)?.focus();
  });
}
