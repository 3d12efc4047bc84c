import type { Deployment } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import {
  ageColumn,
  allVerbs,
  countColumn,
  nameColumn,
  scaleSubresource,
  statusSubresource,
  textColumn,
} from './define.ts';
import { validateDeployment, validateDeploymentUpdate } from './deployment-validation.ts';
import { setPodSpecDefaults } from './pod/defaults.ts';
import { workloadWideColumns } from './workload-columns.ts';

export const deploymentKind: KindDefinition<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [scaleSubresource, statusSubresource('apps', 'v1', 'Deployment')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(deployment) {
    // Whatever a client left out must reach validation, which says so in Kubernetes' words.
    deployment.spec ??= {} as Deployment['spec'];
    deployment.status ??= {};
    const { spec } = deployment;
    spec.template ??= { spec: { containers: [] } };
    spec.template.spec ??= { containers: [] };
    spec.replicas ??= 1;
    setPodSpecDefaults(spec.template.spec);
    spec.strategy ??= {};
    spec.strategy.type ||= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
  },
  prepareForCreate(deployment) {
    deployment.status = {};
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
  },
  prepareForStatusUpdate(next, previous) {
    next.spec = previous.spec;
  },
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn(
      'Ready',
      'How many of the wanted pods are ready.',
      (d) => `${d.status.readyReplicas ?? 0}/${d.spec.replicas ?? 1}`,
    ),
    countColumn('Up-to-date', 'How many pods have the current template.', (d) => d.status.updatedReplicas ?? 0),
    countColumn('Available', 'How many pods have been ready for long enough.', (d) => d.status.availableReplicas ?? 0),
    ageColumn,
    ...workloadWideColumns,
  ],
};
