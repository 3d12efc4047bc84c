import type { Pod } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { allVerbs, proxySubresource, statusSubresource } from './define.ts';
import { podColumns } from './pod/columns.ts';
import { setPodOnlyDefaults, setPodSpecDefaults } from './pod/defaults.ts';
import { podPartialUpdates } from './pod/partial-updates.ts';
import { qosClassOf } from './pod/qos.ts';
import { validatePodUpdate } from './pod/update-validation.ts';
import { validatePod } from './pod/validation.ts';

export const podKind: KindDefinition<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [
    { name: 'attach', group: '', version: 'v1', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    { name: 'binding', group: '', version: 'v1', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
    { name: 'ephemeralcontainers', group: '', version: 'v1', kind: 'Pod', verbs: ['get', 'update', 'patch'] },
    { name: 'exec', group: '', version: 'v1', kind: 'PodExecOptions', verbs: ['create', 'get'] },
    { name: 'log', group: '', version: 'v1', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', group: '', version: 'v1', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
    proxySubresource('PodProxyOptions'),
    { name: 'resize', group: '', version: 'v1', kind: 'Pod', verbs: ['get', 'update', 'patch'] },
    statusSubresource('', 'v1', 'Pod'),
  ],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(pod) {
    pod.spec ??= { containers: [] };
    pod.status ??= {};
    setPodSpecDefaults(pod.spec);
    setPodOnlyDefaults(pod.spec);
  },
  prepareForCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClassOf(pod.spec) };
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
  },
  prepareForStatusUpdate(next, previous) {
    const { deletionTimestamp: _, ...metadata } = next.metadata;
    next.metadata = previous.metadata.deletionTimestamp
      ? { ...metadata, deletionTimestamp: previous.metadata.deletionTimestamp }
      : metadata;
    next.spec = previous.spec;
    // Kubernetes lets nobody change the class once it is set.
    if (previous.status.qosClass) next.status.qosClass = previous.status.qosClass;
  },
  partialUpdates: podPartialUpdates,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  nameRule: 'subdomain',
  selectableFields: {
    'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
    'spec.host': (pod) => pod.spec.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec.hostNetwork ?? false),
    'status.phase': (pod) => pod.status.phase ?? '',
    'status.podIP': (pod) => pod.status.podIPs?.[0]?.ip ?? pod.status.podIP ?? '',
    'status.podIPs': (pod) => pod.status.podIPs?.[0]?.ip ?? pod.status.podIP ?? '',
    'status.nominatedNodeName': (pod) => pod.status.nominatedNodeName ?? '',
  },
  columns: podColumns,
};
