import type { MouseEvent } from 'react';
import { navigate } from 'wouter/use-browser-location';
import { keepSearch } from '../state/url-search.ts';

/**
 * What a click on a plain link within the page does. A router's own link listens for every change of place; with a
 * thousand tiles that is a thousand renders for each click.
 */
export function followLink(event: MouseEvent<HTMLAnchorElement>): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  navigate(keepSearch(event.currentTarget.getAttribute('href') ?? '/', location.search));
}
