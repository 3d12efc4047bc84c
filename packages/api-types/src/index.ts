export type * from './autoscalers.ts';
export { autoscalersPath } from './autoscalers.ts';
export type { ErrorReason, FieldError, FieldErrorReason } from './errors.ts';
export { ApiError, errorCatalogue, invalid, isApiError } from './errors.ts';
export type * from './feed.ts';
export { feedCloseCodes, feedPath } from './feed.ts';
export type { CompiledFieldSelector, FieldRequirement } from './field-selector.ts';
export { compileFieldSelector, parseFieldSelector } from './field-selector.ts';
export type * from './generated/types.ts';
export type { HistoryAnswer, HistoryMetric, HistorySeries, HistorySubject } from './history.ts';
export { historyMetrics, maxHistorySubjects, usageHistoryPath } from './history.ts';
export { ageOf, humanDuration } from './human-duration.ts';
export type * from './inspection.ts';
export type {
  KindDefinition,
  OtherVersion,
  PartialSubresource,
  PrinterColumn,
  SubresourceDefinition,
  Verb,
} from './kind.ts';
export { apiVersionOf, resourceName } from './kind.ts';
export { jobLabels } from './kinds/job-labels.ts';
export { isDefaultIngressClass } from './kinds/networking/ingress-class.ts';
export { ingressClassAnnotation } from './kinds/networking/ingress-validation.ts';
export { nodePoolLabel } from './kinds/node-pool-label.ts';
export type { PodSummary } from './kinds/pod/columns.ts';
export { podStatusText, summarisePod } from './kinds/pod/columns.ts';
export { defaultPullPolicy } from './kinds/pod/pull-policy.ts';
export type { QosClass } from './kinds/pod/qos.ts';
export { qosClassOf } from './kinds/pod/qos.ts';
export { systemPriorityClasses } from './kinds/priority-class.ts';
export { nodePortRange } from './kinds/service-validation.ts';
export { kindByApiVersion, kindByGvk, kindByResource, kindOf, kinds } from './kinds.ts';
export type { Quantity, QuantityFormat } from './quantity.ts';
export {
  canonicalQuantity,
  compareQuantities,
  formatBytes,
  formatCpuMilli,
  parseBytes,
  parseCpuMilli,
  parseQuantity,
  QuantityError,
} from './quantity.ts';
export type * from './rebalancing.ts';
export type { KubernetesObject, NewMetadata, NewObject, ObjectKey, ResourceName, ResourceTypes } from './resources.ts';
export { keyOf, objectKey, splitKey } from './resources.ts';
export type * from './right-sizing.ts';
export type { FilterRefusal, NodeVerdict } from './scheduling.ts';
export type { CompiledSelector, LabelRequirement, Labels } from './selector.ts';
export {
  compileLabelMap,
  compileLabelSelector,
  formatLabelSelector,
  matchesLabelSelector,
  parseLabelSelector,
} from './selector.ts';
export type * from './simulation.ts';
export { gantryApiVersion } from './simulation.ts';
export type { ContainerCounters, NetworkCounters, NodeUsage, PodUsage, WholeNodeUsage } from './usage.ts';
export type { NameRule, ObjectMetaRules } from './validation/object-meta.ts';
export { nameProblems, validateObjectMeta, validateObjectMetaUpdate } from './validation/object-meta.ts';
