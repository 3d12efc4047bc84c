import type { DiscoveredResource } from '../api/discovery.ts';

/** How discovery lists a metric that can be read: with a slash in its name, so that clients take it for nothing to list. */
export function valueListResource(
  named: Pick<DiscoveredResource, 'group' | 'version' | 'kind' | 'plural'>,
): DiscoveredResource {
  return {
    ...named,
    singular: '',
    isNamespaced: true,
    verbs: ['get'],
    shortNames: [],
    categories: [],
    subresources: [],
  };
}
