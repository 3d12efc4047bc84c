import { focusSoon } from '../actions/open-overview.ts';
import { setSearchValue } from '../state/url-search.ts';

/** The panels above the fleet, by their query parameter, and what that is where nothing is chosen in them. */
export const fleetPanels = { services: 'all', whatif: '[]', rebalance: 'preview', rightsizing: 'all' } as const;

export type FleetPanel = keyof typeof fleetPanels;

/** The id of a panel's element, which the keyboard goes to. */
export function panelId(panel: FleetPanel): string {
  return `panel-${panel}`;
}

/** Opens a panel, or goes to it where it is open; `value` chooses something in it. */
export function openPanel(panel: FleetPanel, value?: string): void {
  // They are above the tiles.
  setSearchValue('view', undefined);
  const isOpen = new URLSearchParams(location.search).has(panel);
  if (value !== undefined || !isOpen) setSearchValue(panel, value ?? fleetPanels[panel]);
  focusSoon(panelId(panel));
}
