import { ApiError } from '@gantry/api-types';
import type { CachedObject, ObjectEvent, WatchSink } from '../../objects/object-store.ts';
import type { AnyObject, ApiContext } from '../context.ts';
import { isStoreError, tooLargeResourceVersion } from '../failures.ts';
import type { ServedKind } from '../registry.ts';
import type { Representation } from '../representation.ts';
import type { ActiveWatches } from '../watch/active-watches.ts';
import { type EventEncoder, plainEncoder, selectingEncoder, watchLine } from '../watch/event-encoder.ts';
import { WatchStream } from '../watch/watch-stream.ts';
import type { WatchTransport } from '../watch/watch-transport.ts';
import { selectPresent } from './list.ts';
import { checkWatchOptions, parseRevision, type WatchRequestOptions } from './list-options.ts';

export interface WatchRequest {
  readonly kind: ServedKind;
  readonly namespace: string | undefined;
  readonly options: WatchRequestOptions;
  readonly representation: Representation;
  /** Plain JSON: lines may be shared with other watchers. */
  readonly isPlain: boolean;
}

const bookmarkMs = 60_000;
/** Kubernetes' --min-request-timeout: watches end after one to two times this where the client names no time. */
const minTimeoutSeconds = 1800;
const maxBufferedBytes = 16 * 1024 * 1024;

/** Where a watch begins: what is reported as ADDED first, and after which revision live events follow. */
interface WatchStart {
  readonly initial: readonly CachedObject<AnyObject>[];
  readonly fromRevision: number;
  readonly announcesInitialEnd: boolean;
}

/**
 * WATCH. Everything that is wrong with the request throws `ApiError` before `open` is called, so that it can still be
 * an HTTP status; `open` starts the answer and gives the transport.
 */
export async function watchObjects(
  api: ApiContext,
  watches: ActiveWatches,
  request: WatchRequest,
  open: () => WatchTransport,
): Promise<void> {
  checkWatchOptions(request.options);
  const start = planStart(api, request);
  const bookmark = bookmarksOf(api, request.representation);
  const initialEnd = start.announcesInitialEnd ? bookmark({ 'k8s.io/initial-events-end': 'true' }) : undefined;
  const sink = new DeferredSink();
  const unsubscribe = await subscribe(api, request, start.fromRevision, sink);
  if (sink.hasOverflowed) {
    unsubscribe();
    throw tooOld(api, start.fromRevision);
  }
  const stream: WatchStream = new WatchStream({
    encoder: encoderFor(request),
    transport: open(),
    clock: api.clock,
    initial: start.initial,
    initialEnd,
    bookmark: request.options.allowWatchBookmarks ? bookmark : undefined,
    bookmarkMs,
    timeoutMs: (request.options.timeoutSeconds ?? minTimeoutSeconds * (1 + Math.random())) * 1000,
    maxBufferedBytes,
    onClosed: () => watches.remove(stream),
    onSlow: () => {
      const { kind, namespace } = request;
      api.logger.warn({ resource: kind.resource, namespace }, 'watcher lags behind and was cut off: it will list anew');
    },
  });
  watches.add(stream);
  stream.bindTo(unsubscribe);
  sink.passOnTo(stream);
}

/** Keeps what a subscription replays until the stream that it is for exists, as much as a stream may hold. */
class DeferredSink implements WatchSink<AnyObject> {
  #target: WatchSink<AnyObject> | undefined;
  #early: (readonly ObjectEvent<AnyObject>[])[] = [];
  #earlyBytes = 0;

  /** A watcher that missed so much would be cut off at once, and come back with the same version: it must list anew. */
  get hasOverflowed(): boolean {
    return this.#earlyBytes > maxBufferedBytes;
  }

  onEvents(events: readonly ObjectEvent<AnyObject>[]): void {
    if (this.#target) {
      this.#target.onEvents(events);
      return;
    }
    for (const { wireBytes } of events) this.#earlyBytes += wireBytes.length;
    if (this.hasOverflowed) this.#early = [];
    else this.#early.push(events);
  }

  passOnTo(target: WatchSink<AnyObject>): void {
    this.#target = target;
    for (const events of this.#early.splice(0)) target.onEvents(events);
  }
}

function encoderFor({ isPlain, options, representation }: WatchRequest): EventEncoder {
  return isPlain && options.selection.isEverything ? plainEncoder : selectingEncoder(options.selection, representation);
}

/** BOOKMARK lines for the present revision. Commits are told to watchers in one turn, so nothing before it is outstanding. */
function bookmarksOf(api: ApiContext, representation: Representation) {
  return (annotations?: Record<string, string>) => {
    const metadata = {
      resourceVersion: String(api.objects.revision),
      creationTimestamp: null,
      ...(annotations ? { annotations } : {}),
    };
    return watchLine('BOOKMARK', representation.bookmark(metadata));
  };
}

function planStart(api: ApiContext, request: WatchRequest): WatchStart {
  const { kind, namespace, options } = request;
  const asked = parseRevision(options.resourceVersion);
  const current = api.objects.revision;
  if (asked > current) throw tooLargeResourceVersion(asked, current);
  const { sendInitialEvents } = options;
  const wantsInitial = sendInitialEvents ?? asked === 0;
  if (!wantsInitial) {
    return { initial: [], fromRevision: asked === 0 ? current : asked, announcesInitialEnd: false };
  }
  const initial = selectPresent(api, kind, namespace, options.selection);
  return {
    initial,
    fromRevision: current,
    announcesInitialEnd: sendInitialEvents === true && options.allowWatchBookmarks,
  };
}

async function subscribe(
  api: ApiContext,
  request: WatchRequest,
  fromRevision: number,
  sink: DeferredSink,
): Promise<() => void> {
  const { kind, namespace } = request;
  try {
    return await api.objects.watch(
      kind.resource,
      { fromRevision, ...(namespace === undefined ? {} : { namespace }) },
      sink as Parameters<ApiContext['objects']['watch']>[2],
    );
  } catch (error) {
    if (isStoreError(error, 'future')) throw tooLargeResourceVersion(fromRevision, api.objects.revision);
    if (!isStoreError(error, 'compacted')) throw error;
    throw tooOld(api, fromRevision, error);
  }
}

function tooOld(api: ApiContext, revision: number, cause?: unknown): ApiError {
  const message = `too old resource version: ${revision} (${api.objects.oldestRevision})`;
  return new ApiError('Expired', message, undefined, { cause });
}
