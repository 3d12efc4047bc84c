import type { DiscoveredResource } from '../api/discovery.ts';

const common = {
  group: 'gantry.io',
  version: 'v1',
  verbs: ['get'],
  shortNames: [],
  categories: [],
  subresources: [],
} as const;

/** Read by name only: what pods and nodes are made of, asked of the node's agent each time. */
export const podInspections: DiscoveredResource = {
  ...common,
  kind: 'PodInspection',
  plural: 'podinspections',
  singular: 'podinspection',
  isNamespaced: true,
};

export const nodeInspections: DiscoveredResource = {
  ...common,
  kind: 'NodeInspection',
  plural: 'nodeinspections',
  singular: 'nodeinspection',
  isNamespaced: false,
};
