import { ApiError, type ListMeta, objectKey } from '@gantry/api-types';
import type { CachedObject } from '../../objects/object-store.ts';
import type { AnyObject, ApiContext } from '../context.ts';
import { isStoreError, tooLargeResourceVersion } from '../failures.ts';
import type { ServedKind } from '../registry.ts';
import type { Selection } from '../selection.ts';
import { type ContinueToken, decodeContinueToken, encodeContinueToken } from './continue-token.ts';
import { checkListOptions, type ListOptions, parseRevision } from './list-options.ts';

/** A list as of one revision. Items are shared with the cache. */
export interface ListResult {
  readonly items: readonly CachedObject<AnyObject>[];
  readonly metadata: Pick<ListMeta, 'resourceVersion' | 'continue' | 'remainingItemCount'>;
}

export interface ListRequest {
  readonly kind: ServedKind;
  /** Undefined for all namespaces and for cluster-scoped kinds. */
  readonly namespace: string | undefined;
  readonly options: ListOptions;
}

/** Items fetched per step when a selector thins out a page of an older revision. */
const scanPage = 1000;

/** LIST: from the cache where the present state is asked for, else from the store as of the revision. */
export async function listObjects(api: ApiContext, request: ListRequest): Promise<ListResult> {
  const { options } = request;
  checkListOptions(options);
  const { revision: current } = api.objects;
  if (options.continueToken !== '') return continueList(api, request, decodeContinueToken(options.continueToken));
  const asked = parseRevision(options.resourceVersion);
  if (asked > current) throw tooLargeResourceVersion(asked, current);
  if (options.resourceVersionMatch === 'Exact' && asked !== current) {
    return listAtRevision(api, request, { revision: asked, afterKey: '' });
  }
  return listPresent(api, request);
}

function listPresent(api: ApiContext, request: ListRequest): ListResult {
  const { kind, namespace, options } = request;
  const { selection, resourceVersion } = options;
  // Kubernetes' watch cache ignores the limit for resourceVersion=0: informers rely on getting everything at once.
  const limit = resourceVersion === '0' ? 0 : options.limit;
  const { revision } = api.objects;
  const matching = selectPresent(api, kind, namespace, selection);
  if (limit === 0 || matching.length <= limit) return { items: matching, metadata: metadataOf(revision) };
  const remaining = matching.length - limit;
  return page(matching.slice(0, limit), revision, selection.isEverything ? remaining : undefined);
}

/** What the cache holds and the selection takes, in key order. */
export function selectPresent(
  api: ApiContext,
  kind: ServedKind,
  namespace: string | undefined,
  selection: Selection,
): readonly CachedObject<AnyObject>[] {
  const { exactName } = selection;
  // One name in one place: what kubectl's wait, delete and rollout status list and watch.
  if (exactName !== undefined && (namespace !== undefined || !kind.definition.isNamespaced)) {
    const found = api.objects.get(kind.resource, objectKey(namespace, exactName)) as
      | CachedObject<AnyObject>
      | undefined;
    return found && selection.matches(found.object) ? [found] : [];
  }
  const all = api.objects.list(kind.resource, namespace) as readonly CachedObject<AnyObject>[];
  return selection.isEverything ? all : all.filter((item) => selection.matches(item.object));
}

async function continueList(api: ApiContext, request: ListRequest, token: ContinueToken): Promise<ListResult> {
  if (token.revision > api.objects.revision) {
    throw tooLargeResourceVersion(token.revision, api.objects.revision);
  }
  const isInconsistent = token.revision < 0;
  const revision = isInconsistent ? api.objects.revision : token.revision;
  try {
    return await listAtRevision(api, request, { ...token, revision });
  } catch (error) {
    if (!isExpired(error)) throw error;
    throw new ContinueExpired(encodeContinueToken({ ...token, revision: -1 }));
  }
}

async function listAtRevision(api: ApiContext, request: ListRequest, from: ContinueToken): Promise<ListResult> {
  const { kind, namespace, options } = request;
  const { limit, selection } = options;
  const wanted = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  const items: CachedObject<AnyObject>[] = [];
  let { afterKey } = from;
  for (;;) {
    // One more than wanted shows whether a further page is needed where the selector leaves items out.
    const step = selection.isEverything ? wanted : Math.max(scanPage, wanted);
    const found = await readPage(api, kind, namespace, { revision: from.revision, afterKey, limit: step });
    for (const [index, item] of found.items.entries()) {
      afterKey = item.key;
      if (!selection.matches(item.object as AnyObject)) continue;
      items.push(item as CachedObject<AnyObject>);
      if (items.length < wanted) continue;
      const left = found.remaining + found.items.length - index - 1;
      if (left === 0) return { items, metadata: metadataOf(from.revision) };
      return page(items, from.revision, selection.isEverything ? left : undefined);
    }
    if (found.remaining === 0) return { items, metadata: metadataOf(from.revision) };
  }
}

interface PageOptions {
  readonly revision: number;
  readonly afterKey: string;
  readonly limit: number;
}

async function readPage(api: ApiContext, kind: ServedKind, namespace: string | undefined, options: PageOptions) {
  try {
    return await api.objects.listAt(kind.resource, {
      revision: options.revision,
      limit: Number.isFinite(options.limit) ? options.limit : Number.MAX_SAFE_INTEGER,
      ...(namespace === undefined ? {} : { namespace }),
      ...(options.afterKey === '' ? {} : { afterKey: options.afterKey }),
    });
  } catch (error) {
    if (!isStoreError(error, 'compacted')) throw error;
    throw new ApiError('Expired', 'The resourceVersion for the provided list is too old.', undefined, { cause: error });
  }
}

function page(items: readonly CachedObject<AnyObject>[], revision: number, remaining: number | undefined): ListResult {
  const afterKey = items.at(-1)?.key ?? '';
  const metadata = {
    ...metadataOf(revision),
    continue: encodeContinueToken({ revision, afterKey }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
  };
  return { items, metadata };
}

function metadataOf(revision: number) {
  return { resourceVersion: String(revision) };
}

function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.reason === 'Expired';
}

/** 410 for a continue token whose revision is gone, with a token that goes on at the present state instead. */
export class ContinueExpired extends ApiError {
  readonly continueToken: string;

  constructor(continueToken: string) {
    super(
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list ' +
        'without the continue parameter, or use the continue token in this response to retrieve the remainder of ' +
        'the results. Continuing with the provided token results in an inconsistent list - objects that were ' +
        'created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
    this.continueToken = continueToken;
  }

  override toStatus() {
    return { ...super.toStatus(), metadata: { continue: this.continueToken } };
  }
}
