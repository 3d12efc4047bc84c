import type { KubernetesObject } from '@gantry/api-types';
import { type ApiQuery, type ApiTarget, apiDocumentUrl, apiUrl } from './paths.ts';
import { readRefusal, unreachable } from './refusal.ts';

export interface WriteOptions {
  /** Ask only: the API admits, defaults and validates, and stores nothing. */
  readonly isDryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface ReadOptions {
  readonly query?: ApiQuery;
  readonly signal?: AbortSignal;
}

export type PatchType = 'merge' | 'strategic-merge';

/** Each resolves with what the API answered and rejects with an {@link ApiRefusal}. */
export function getObject<T = KubernetesObject>(target: ApiTarget, options: ReadOptions = {}): Promise<T> {
  return call('GET', apiUrl(target, options.query), { ...options });
}

export async function listObjects<T = KubernetesObject>(
  target: ApiTarget,
  options: ReadOptions = {},
): Promise<readonly T[]> {
  const list = await call<{ readonly items?: readonly T[] | null }>('GET', apiUrl(target, options.query), {
    ...options,
  });
  return list.items ?? [];
}

export function createObject<T = KubernetesObject>(
  target: ApiTarget,
  object: object,
  options: WriteOptions = {},
): Promise<T> {
  return write('POST', target, { object, options });
}

/** Replaces the object; where it carries a `resourceVersion` that is not the present one, the refusal is a `Conflict`. */
export function replaceObject<T = KubernetesObject>(
  target: ApiTarget,
  object: object,
  options: WriteOptions = {},
): Promise<T> {
  return write('PUT', target, { object, options });
}

export function patchObject<T = KubernetesObject>(
  target: ApiTarget,
  patch: object,
  options: WriteOptions & { readonly type?: PatchType } = {},
): Promise<T> {
  const contentType = `application/${options.type ?? 'merge'}-patch+json`;
  return write('PATCH', target, { object: patch, options, contentType });
}

/** The uid guards against deleting a successor of the same name; `graceSeconds` 0 waits for nobody. */
export function deleteObject(
  target: ApiTarget,
  uid?: string,
  options: WriteOptions & { readonly graceSeconds?: number } = {},
): Promise<unknown> {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(uid === undefined ? {} : { preconditions: { uid } }),
    ...(options.graceSeconds === undefined ? {} : { gracePeriodSeconds: options.graceSeconds }),
  };
  return write('DELETE', target, { object: body, options });
}

/** Any request, for what has no helper above; the path is the API's own. */
export function requestPath<T>(
  method: string,
  path: string,
  options: { readonly body?: unknown; readonly contentType?: string | undefined; readonly signal?: AbortSignal } = {},
): Promise<T> {
  const { body, contentType = 'application/json', signal } = options;
  return call(method, apiDocumentUrl(path), {
    ...(body === undefined ? {} : { body: JSON.stringify(body), contentType }),
    ...(signal ? { signal } : {}),
  });
}

interface WriteCall {
  readonly object: object;
  readonly options: WriteOptions;
  readonly contentType?: string;
}

function write<T>(method: string, target: ApiTarget, { object, options, contentType }: WriteCall): Promise<T> {
  const query = {
    ...(options.isDryRun ? { dryRun: 'All' } : {}),
    ...(method === 'DELETE' ? {} : { fieldValidation: 'Strict' }),
  };
  const { signal } = options;
  return call(method, apiUrl(target, query), {
    body: JSON.stringify(object),
    contentType: contentType ?? 'application/json',
    ...(signal ? { signal } : {}),
  });
}

interface Call {
  readonly body?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

async function call<T>(method: string, url: string, { body, contentType, signal }: Call): Promise<T> {
  const answer = await fetch(url, {
    method,
    headers: { accept: 'application/json', ...(contentType ? { 'content-type': contentType } : {}) },
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
  }).catch((failure: unknown) => {
    // What the caller has given up is no failure of the controller.
    throw signal?.aborted ? failure : unreachable();
  });
  if (!answer.ok) throw await readRefusal(answer);
  return (await answer.json()) as T;
}
