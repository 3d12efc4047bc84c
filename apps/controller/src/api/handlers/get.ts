import { objectKey } from '@gantry/api-types';
import type { CachedObject } from '../../objects/object-store.ts';
import type { AnyObject, ApiContext, Target } from '../context.ts';
import { notFound } from '../failures.ts';

/** GET of one object, from the cache. Throws `ApiError` NotFound. */
export function getObject(api: ApiContext, target: Target): CachedObject<AnyObject> {
  const found = api.objects.get(target.kind.resource, objectKey(target.namespace, target.name));
  if (!found) throw notFound(target.kind, target.name);
  return found as CachedObject<AnyObject>;
}
