import type { StatefulSet } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import {
  ageColumn,
  allVerbs,
  nameColumn,
  scaleSubresource,
  statusHooks,
  statusSubresource,
  textColumn,
} from './define.ts';
import { setPodSpecDefaults } from './pod/defaults.ts';
import { validateStatefulSet, validateStatefulSetUpdate } from './stateful-set-validation.ts';
import { setClaimSpecDefaults } from './storage/claim-defaults.ts';
import { templateWideColumns } from './workload-columns.ts';

export const statefulSetKind: KindDefinition<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [scaleSubresource, statusSubresource('apps', 'v1', 'StatefulSet')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(statefulSet) {
    // Whatever a client left out must reach validation, which says so in Kubernetes' words.
    statefulSet.spec ??= {} as StatefulSet['spec'];
    statefulSet.status ??= emptyStatus();
    const { spec } = statefulSet;
    spec.template ??= { spec: { containers: [] } };
    spec.template.spec ??= { containers: [] };
    setPodSpecDefaults(spec.template.spec);
    spec.serviceName ??= '';
    spec.podManagementPolicy ||= 'OrderedReady';
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.partition ??= 0;
    }
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion = 'v1';
      claim.kind = 'PersistentVolumeClaim';
      claim.spec ??= {};
      setClaimSpecDefaults(claim.spec);
      claim.status ??= {};
      claim.status.phase ||= 'Pending';
    }
  },
  ...statusHooks<StatefulSet>(emptyStatus),
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  nameRule: 'label',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn(
      'Ready',
      'How many of the wanted pods are ready.',
      ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
    ),
    ageColumn,
    ...templateWideColumns,
  ],
};

function emptyStatus(): StatefulSet['status'] {
  return { replicas: 0, availableReplicas: 0 };
}
