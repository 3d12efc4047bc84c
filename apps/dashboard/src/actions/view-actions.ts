import type { FeedNode } from '@gantry/api-types/feed';
import { lensNames, lensWords } from '../lenses/lens.ts';
import { type FleetPanel, openPanel } from '../lenses/panels.ts';
import { nodeGroupings } from '../state/node-groups.ts';
import { setSearchValue } from '../state/url-search.ts';
import type { PageAction } from './action.ts';

const namedGroupings: readonly string[] = ['zone', 'pool', 'none'];

/** What the fleet shows and how it is arranged. */
export const viewActions: readonly PageAction[] = [
  {
    id: 'view.present',
    title: 'Presenter mode: large counters, nothing else',
    keywords: 'demo screen projector big full',
    shortcut: 'P',
    run: () => setSearchValue('present', new URLSearchParams(location.search).has('present') ? undefined : '1'),
  },
  panelAction('whatif', 'What if…: try changes on a copy', 'simulate add hosts remove node requests'),
  panelAction('rebalance', 'Rebalance: which pods would move', 'even out empty node move'),
  panelAction('services', 'Show the Services', 'endpoints network slices'),
  panelAction('rightsizing', 'Right-size workloads by what they used', 'recommend requests vertical usage percentile'),
  ...lensNames.map(
    (lens): PageAction => ({
      id: `lens.${lens}`,
      title: `Lens: ${lensWords[lens].name}`,
      keywords: 'view tiles size area',
      run: () => setSearchValue('lens', lens === 'requests' ? undefined : lens),
    }),
  ),
  ...namedGroupings.map(groupingAction),
];

/** Groupings by the labels that the nodes have. */
export function groupingActions(nodes: Iterable<FeedNode>): PageAction[] {
  return nodeGroupings(nodes)
    .filter((grouping) => !namedGroupings.includes(grouping))
    .map(groupingAction);
}

function groupingAction(grouping: string): PageAction {
  return {
    id: `group.${grouping}`,
    title: grouping === 'none' ? 'Do not group nodes' : `Group nodes by ${grouping}`,
    keywords: 'view fleet arrange label',
    run: () => setSearchValue('group', grouping === 'zone' ? undefined : grouping),
  };
}

function panelAction(panel: FleetPanel, title: string, keywords: string): PageAction {
  return { id: `panel.${panel}`, title, keywords, run: () => openPanel(panel) };
}
