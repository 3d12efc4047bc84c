import type { Node } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { ageColumn, allVerbs, nameColumn, statusSubresource, textColumn } from './define.ts';
import { validateNode, validateNodeUpdate } from './node-validation.ts';
import { canonicaliseQuantities } from './resource-lists.ts';

const rolePrefix = 'node-role.kubernetes.io/';
const roleLabel = 'kubernetes.io/role';

export const nodeKind: KindDefinition<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  categories: [],
  isNamespaced: false,
  verbs: allVerbs,
  subresources: [statusSubresource('', 'v1', 'Node')],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults(node) {
    node.spec ??= {};
    node.status ??= {};
    const { capacity, allocatable } = node.status;
    if (capacity) canonicaliseQuantities(capacity);
    if (allocatable) canonicaliseQuantities(allocatable);
    if (capacity && !allocatable) node.status.allocatable = { ...capacity };
    if (node.spec.podCIDR && !node.spec.podCIDRs?.length) node.spec.podCIDRs = [node.spec.podCIDR];
    else if (!node.spec.podCIDR && node.spec.podCIDRs?.[0]) node.spec.podCIDR = node.spec.podCIDRs[0];
  },
  // A node may bring its status along when it registers.
  prepareForCreate() {},
  prepareForUpdate(next, previous) {
    next.status = previous.status;
  },
  prepareForStatusUpdate(next, previous) {
    next.spec = previous.spec;
  },
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  nameRule: 'subdomain',
  selectableFields: { 'spec.unschedulable': (node) => String(node.spec.unschedulable ?? false) },
  columns: [
    nameColumn,
    textColumn('Status', 'Whether the node is ready, and whether new pods may go there.', statusText),
    textColumn('Roles', 'The roles the node is labelled with.', rolesText),
    ageColumn,
    textColumn('Version', 'The version of the agent.', (node) => node.status.nodeInfo?.kubeletVersion ?? ''),
    textColumn('Internal-IP', 'The address inside the cluster.', (node) => addressText(node, 'InternalIP'), 1),
    textColumn('External-IP', 'The address outside the cluster.', (node) => addressText(node, 'ExternalIP'), 1),
    textColumn('OS-Image', 'The operating system.', (node) => node.status.nodeInfo?.osImage || '<unknown>', 1),
    textColumn('Kernel-Version', 'The kernel.', (node) => node.status.nodeInfo?.kernelVersion || '<unknown>', 1),
    textColumn(
      'Container-Runtime',
      'The container runtime and its version.',
      (node) => node.status.nodeInfo?.containerRuntimeVersion || '<unknown>',
      1,
    ),
  ],
};

function statusText(node: Node): string {
  const ready = node.status.conditions?.find((condition) => condition.type === 'Ready');
  const health = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return node.spec.unschedulable ? `${health},SchedulingDisabled` : health;
}

function rolesText(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix)) roles.add(key.slice(rolePrefix.length));
    else if (key === roleLabel) roles.add(value);
  }
  roles.delete('');
  return [...roles].toSorted().join(',') || '<none>';
}

function addressText(node: Node, type: string): string {
  return node.status.addresses?.find((address) => address.type === type)?.address || '<none>';
}
