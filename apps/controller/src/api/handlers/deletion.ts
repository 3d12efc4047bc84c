import type { NamespaceSpec } from '@gantry/api-types';
import type { AnyObject } from '../context.ts';

/** Whether a deleted object has nothing left to wait for: no finalizers, no grace period, and for a namespace no content. */
export function isReadyToRemove(object: AnyObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (!deletionTimestamp || (deletionGracePeriodSeconds ?? 0) > 0) return false;
  return !finalizers?.length && !namespaceFinalizers(object)?.length;
}

/** `spec.finalizers` of a Namespace: what stands for its content. */
export function namespaceFinalizers(object: AnyObject): readonly string[] | undefined {
  return object.kind === 'Namespace' ? (object.spec as NamespaceSpec | undefined)?.finalizers : undefined;
}
