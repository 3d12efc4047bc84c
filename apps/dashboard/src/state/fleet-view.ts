import { setSearchValue, useSearchValue } from './url-search.ts';

export type FleetView = 'tiles' | 'table';

/** Whether nodes and pods are tiles or rows; a link holds it (`?view=table`). */
export function useFleetView(): FleetView {
  const [text] = useSearchValue('view');
  return text === 'table' ? 'table' : 'tiles';
}

/** From tiles to rows and back. */
export function switchFleetView(): void {
  const isTable = new URLSearchParams(location.search).get('view') === 'table';
  setSearchValue('view', isTable ? undefined : 'table');
}
