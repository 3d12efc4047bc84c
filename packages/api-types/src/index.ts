export type { ErrorReason, FieldError, FieldErrorReason } from './errors.ts';
export { ApiError, errorCatalogue, invalid, isApiError } from './errors.ts';
export type * from './generated/types.ts';
export type { KindDefinition, PrinterColumn, SubresourceDefinition, Verb } from './kind.ts';
export { apiVersionOf, resourceName } from './kind.ts';
export type { KubernetesObject, NewMetadata, NewObject, ObjectKey, ResourceName, ResourceTypes } from './resources.ts';
export { keyOf, objectKey, splitKey } from './resources.ts';
export type { NodeUsage, PodUsage } from './usage.ts';
