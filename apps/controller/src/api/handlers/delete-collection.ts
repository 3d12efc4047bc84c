import { isApiError } from '@gantry/api-types';
import type { DeleteRequest } from '@gantry/core';
import type { CachedObject } from '../../objects/object-store.ts';
import type { AnyObject, ApiContext } from '../context.ts';
import { deleteObject } from './delete.ts';
import { type ListRequest, type ListResult, listObjects } from './list.ts';

export interface DeleteCollectionRequest extends ListRequest {
  readonly deletion: DeleteRequest;
  readonly dryRun?: boolean;
}

/** Deletions in flight at once: enough for the store to group them into one commit, few enough to leave room for others. */
const batchSize = 64;

/** DELETE of a collection: everything the list options select, each as a DELETE of its own. Answers what was selected. */
export async function deleteCollection(api: ApiContext, request: DeleteCollectionRequest): Promise<ListResult> {
  const selected = await listObjects(api, request);
  const { items } = selected;
  for (let start = 0; start < items.length; start += batchSize) {
    await Promise.all(items.slice(start, start + batchSize).map((item) => deleteOne(api, request, item)));
  }
  return selected;
}

async function deleteOne(
  api: ApiContext,
  request: DeleteCollectionRequest,
  item: CachedObject<AnyObject>,
): Promise<void> {
  const { namespace, name } = item.object.metadata;
  const target = { kind: request.kind, namespace, name };
  try {
    await deleteObject(api, { target, options: request.deletion, dryRun: request.dryRun ?? false });
  } catch (error) {
    // Somebody else deleted it between the list and now: that is what was asked for.
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
