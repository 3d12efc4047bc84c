import { setSearchValue } from '../state/url-search.ts';

/** Goes to an object's first tab, whatever tab or editor is open; the element with the id gets the focus once it is there. */
export function openOverview(navigate: (path: string) => void, path: string, focusId?: string): void {
  setSearchValue('tab', undefined);
  setSearchValue('edit', undefined);
  if (path !== location.pathname) navigate(path);
  if (focusId) focusSoon(focusId);
}

/** Gives the focus to the element with the id once it is there and takes it, unless somebody goes elsewhere meanwhile. */
export function focusSoon(id: string): void {
  tryFocus(id, { from: document.activeElement, until: performance.now() + longestMs });
}

/** Longer than this nobody waits for a field, milliseconds. */
const longestMs = 2_000;

interface Wait {
  /** What had the focus when the wait began. */
  readonly from: Element | null;
  readonly until: number;
}

/** What is drawn or loaded on the way takes some frames, and a field is off until the API has said that it may be used. */
function tryFocus(id: string, wait: Wait): void {
  const element = document.getElementById(id);
  element?.focus();
  const { activeElement } = document;
  if (element && activeElement === element) return;
  // Whoever went elsewhere meanwhile is not called back.
  const hasLeft = activeElement !== wait.from && activeElement !== document.body;
  if (!hasLeft && performance.now() < wait.until) requestAnimationFrame(() => tryFocus(id, wait));
}
