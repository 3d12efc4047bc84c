import { useSearch } from 'wouter';
import { navigate } from 'wouter/use-browser-location';

/**
 * A query parameter of the page's URL (`lens`, `t`, …) and how to set it; undefined or empty removes it. What the operator
 * looks at lives in the URL, so that a link holds it; a change replaces the entry in the history unless told otherwise.
 */
export function useSearchValue(
  name: string,
): [string | undefined, (value: string | undefined, isStep?: boolean) => void] {
  const value = new URLSearchParams(useSearch()).get(name) ?? undefined;
  return [value, (next, isStep = false) => setSearchValue(name, next, isStep)];
}

/** Sets a query parameter from outside a component. */
export function setSearchValue(name: string, value: string | undefined, isStep = false): void {
  const { pathname, search } = location;
  const next = pathname + withSearchValue(search, name, value);
  if (next !== pathname + search) navigate(next, { replace: !isStep });
}

/** A query string with one parameter changed; undefined or empty removes it. */
export function withSearchValue(search: string, name: string, value: string | undefined): string {
  const params = new URLSearchParams(search);
  if (value) params.set(name, value);
  else params.delete(name);
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** A path as links name it (`/pod/default/web`), with the present query: selecting something keeps lens and instant. */
export function keepSearch(to: string, search: string): string {
  return to.includes('?') || !search ? to : to + search;
}
