import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import {
  ageColumn,
  allVerbs,
  countColumn,
  nameColumn,
  noErrors,
  statusHooks,
  statusSubresource,
  textColumn,
} from '../define.ts';
import { validateAutoscaler } from './autoscaler-validation.ts';
import { autoscalingV1 } from './autoscaling-v1.ts';
import { cpuMetric } from './cpu-metric.ts';
import { targetsText } from './targets-text.ts';

const defaultUtilization = 80;

export const horizontalPodAutoscalerKind: KindDefinition<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  otherVersions: [autoscalingV1],
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [statusSubresource('autoscaling', 'v2', 'HorizontalPodAutoscaler')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(autoscaler) {
    // Whatever a client left out must reach validation, which says so in Kubernetes' words.
    autoscaler.spec ??= {} as HorizontalPodAutoscaler['spec'];
    autoscaler.status ??= emptyStatus();
    const { spec } = autoscaler;
    spec.minReplicas ??= 1;
    if (!spec.metrics?.length) spec.metrics = [cpuMetric(defaultUtilization)];
    if (!spec.behavior) return;
    spec.behavior.scaleUp = withDefaults(spec.behavior.scaleUp, scaleUpDefaults);
    spec.behavior.scaleDown = withDefaults(spec.behavior.scaleDown, scaleDownDefaults);
  },
  ...statusHooks<HorizontalPodAutoscaler>(emptyStatus),
  validate: validateAutoscaler,
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn(
      'Reference',
      'What it scales.',
      ({ spec }) => `${spec.scaleTargetRef?.kind}/${spec.scaleTargetRef?.name}`,
    ),
    textColumn('Targets', 'Each metric as measured and as wanted.', targetsText),
    textColumn('MinPods', 'The fewest pods.', ({ spec }) => String(spec.minReplicas ?? '<unset>')),
    countColumn('MaxPods', 'The most pods.', ({ spec }) => spec.maxReplicas ?? 0),
    countColumn('Replicas', 'The pods at the moment.', ({ status }) => status.currentReplicas ?? 0),
    ageColumn,
  ],
};

function emptyStatus(): HorizontalPodAutoscaler['status'] {
  return { desiredReplicas: 0, currentMetrics: [] };
}

const scaleUpDefaults: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const scaleDownDefaults: HPAScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

function withDefaults(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  return structuredClone({ ...defaults, ...rules });
}
