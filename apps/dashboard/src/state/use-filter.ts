import { setSearchValue, useSearchValue } from './url-search.ts';

/** What the filter box says; a link holds it (`?filter=app%3Dweb`). */
export function useFilter(): string {
  return useSearchValue('filter')[0] ?? '';
}

export function setFilter(filter: string): void {
  setSearchValue('filter', filter);
}
