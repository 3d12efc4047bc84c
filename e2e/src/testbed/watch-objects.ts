import type { KubernetesObject } from '@gantry/api-types';
import type { HttpClient } from './http-client.ts';

interface ListAnswer<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

export interface WaitOptions<T> {
  /** What is waited for, in words: the message when time runs out. */
  readonly what: string;
  /** Of a collection; a selector may follow. */
  readonly path: string;
  readonly until: (items: readonly T[]) => boolean;
  readonly timeoutMs?: number;
}

/**
 * Follows a collection with list and watch until `until` holds, and returns the objects then. Survives a controller
 * that goes away and comes back. Rejects when time runs out, naming what was seen last.
 */
export async function waitForObjects<T extends KubernetesObject>(
  client: HttpClient,
  options: WaitOptions<T>,
): Promise<readonly T[]> {
  const { what, timeoutMs = 90_000 } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  let seen: readonly T[] = [];
  const until = (items: readonly T[]) => {
    seen = items;
    return options.until(items);
  };
  while (!deadline.aborted) {
    const found = await listAndWatch(client, { path: options.path, until, deadline });
    if (found) return found;
  }
  const last = seen.map(
    ({ metadata, ...rest }) => `${metadata.name} ${JSON.stringify('status' in rest ? rest.status : '')}`,
  );
  throw new Error(`not within ${timeoutMs / 1000} s: ${what}; seen last:\n${last.join('\n')}`);
}

interface Round<T> {
  readonly path: string;
  readonly until: (items: readonly T[]) => boolean;
  readonly deadline: AbortSignal;
}

/** One list and the watch after it; undefined where the connection ended first. */
async function listAndWatch<T extends KubernetesObject>(
  client: HttpClient,
  { path, until, deadline }: Round<T>,
): Promise<readonly T[] | undefined> {
  let list: ListAnswer<T>;
  try {
    list = await client.json<ListAnswer<T>>(path);
  } catch {
    // The controller is away just now.
    await aMoment();
    return undefined;
  }
  const objects = new Map(list.items.map((item) => [item.metadata.uid, item]));
  if (until([...objects.values()])) return [...objects.values()];
  const { promise, resolve, reject } = Promise.withResolvers<readonly T[] | undefined>();
  const separator = path.includes('?') ? '&' : '?';
  const stop = client.watch(
    `${path}${separator}watch=true&resourceVersion=${list.metadata.resourceVersion}`,
    ({ type, object }) => {
      const changed = object as unknown as T;
      if (type === 'ERROR') return resolve(undefined);
      if (type === 'DELETED') objects.delete(changed.metadata.uid);
      else objects.set(changed.metadata.uid, changed);
      try {
        if (until([...objects.values()])) resolve([...objects.values()]);
      } catch (error) {
        reject(error);
      }
    },
    () => resolve(undefined),
  );
  const onDeadline = () => resolve(undefined);
  deadline.addEventListener('abort', onDeadline, { once: true });
  try {
    return await promise;
  } finally {
    deadline.removeEventListener('abort', onDeadline);
    stop();
  }
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
