import { setSearchValue } from '../state/url-search.ts';

/** Goes to an object's first tab, whatever tab or editor is open; the element with the id gets the focus once it is there. */
export function openOverview(navigate: (path: string) => void, path: string, focusId?: string): void {
  setSearchValue('tab', undefined);
  setSearchValue('edit', undefined);
  if (path !== location.pathname) navigate(path);
  if (focusId) focusSoon(focusId, 20);
}

/** What is drawn or loaded on the way takes some frames. */
function focusSoon(id: string, frames: number): void {
  const element = document.getElementById(id);
  if (element) element.focus();
  else if (frames > 0) requestAnimationFrame(() => focusSoon(id, frames - 1));
}
