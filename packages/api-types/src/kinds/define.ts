import { ageOf } from '../human-duration.ts';
import type { KindDefinition, PrinterColumn, SubresourceDefinition, Verb } from '../kind.ts';
import type { KubernetesObject } from '../resources.ts';

/** What every kind served here can do. */
export const allVerbs: readonly Verb[] = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
];

/** For the hooks a kind has no use for. */
export function doNothing(): void {}

/** For kinds without rules of their own. */
export function noErrors(): [] {
  return [];
}

/** The first column of every table. */
export const nameColumn: PrinterColumn<KubernetesObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  value: (object) => object.metadata.name,
};

/** Any request to a port behind the object; what it is told comes in the path and not in a body. */
export function proxySubresource(kind: 'PodProxyOptions' | 'ServiceProxyOptions'): SubresourceDefinition {
  return { name: 'proxy', group: '', version: 'v1', kind, verbs: ['create', 'get', 'patch', 'update'] };
}

/** `5m`, `3d4h`. */
export const ageColumn: PrinterColumn<KubernetesObject> = {
  name: 'Age',
  type: 'string',
  description: 'Time since the server created the object.',
  value: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** A column of text. */
export function textColumn<T>(
  name: string,
  description: string,
  value: (object: T, now: Date) => string,
  priority: 0 | 1 = 0,
): PrinterColumn<T> {
  return { name, type: 'string', description, priority, value };
}

/** A column of whole numbers. */
export function countColumn<T>(
  name: string,
  description: string,
  value: (object: T) => number,
  priority: 0 | 1 = 0,
): PrinterColumn<T> {
  return { name, type: 'integer', description, priority, value };
}

/** When it was made: for kinds whose age Kubernetes shows as a time. */
export const createdAtColumn: PrinterColumn<KubernetesObject> = {
  name: 'Created At',
  type: 'date',
  description: 'When the server created the object.',
  value: (object) => object.metadata.creationTimestamp ?? '<unknown>',
};

/** The hooks of kinds that have no status and store what they are given. */
export const storedAsSent = {
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  prepareForCreate: doNothing,
  prepareForUpdate: doNothing,
  prepareForStatusUpdate: doNothing,
  selectableFields: {},
} as const;

/** The status subresource, whose body is the object itself. */
export function statusSubresource(group: string, version: string, kind: string): SubresourceDefinition {
  return { name: 'status', group, version, kind, verbs: ['get', 'update', 'patch'] };
}

/** The scale subresource of workloads. */
export const scaleSubresource: SubresourceDefinition = {
  name: 'scale',
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  verbs: ['get', 'update', 'patch'],
};

/**
 * The hooks of a kind whose status only status writers set: a creator's is replaced by what `initial` makes, a writer of
 * the main resource keeps it, and a status writer changes nothing of the spec.
 */
export function statusHooks<T extends KubernetesObject & { spec: unknown; status: unknown }>(
  initial: () => T['status'],
): Pick<KindDefinition<T>, 'prepareForCreate' | 'prepareForUpdate' | 'prepareForStatusUpdate'> {
  return {
    prepareForCreate(object) {
      object.status = initial();
    },
    prepareForUpdate(next, previous) {
      next.status = previous.status;
    },
    prepareForStatusUpdate(next, previous) {
      next.spec = previous.spec;
    },
  };
}
