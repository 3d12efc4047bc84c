import { StoreError } from './store.ts';

/** The refusals as both drivers word them. `revision` is documented at {@link StoreError}. */
export function existsError(key: string, revision: number): StoreError {
  return new StoreError('exists', `${key} exists already, at revision ${revision}`, revision);
}

/** `revision` 0 means that the key is absent. */
export function conflictError(key: string, expectedRevision: number, revision: number): StoreError {
  const present = revision === 0 ? 'is absent' : `is at revision ${revision}`;
  return new StoreError('conflict', `${key} ${present}, not at the expected revision ${expectedRevision}`, revision);
}

/** For a read below the oldest retained revision. */
export function compactedError(revision: number, oldest: number): StoreError {
  return new StoreError('compacted', `revision ${revision} was compacted; the oldest retained is ${oldest}`, oldest);
}

/** For a read above the newest committed revision. */
export function futureError(revision: number, current: number): StoreError {
  return new StoreError('future', `revision ${revision} is not reached yet; the newest is ${current}`, current);
}

/** For a write while too many wait for the disk: nothing was done, and it may be tried again later. */
export function overloadedError(waiting: number): StoreError {
  return new StoreError('overloaded', `the store is overloaded: ${waiting} writes wait for the disk`);
}

/** For a write that the disk has no room for: nothing was done. `message` names the file. */
export function fullError(message: string): StoreError {
  return new StoreError('full', message);
}

/** For any call after `close`. */
export function closedError(): StoreError {
  return new StoreError('closed', 'the store is closed');
}

/** Throws `future` or `compacted` where `revision` lies outside what the store can show. */
export function checkRetained(
  revision: number,
  store: { readonly currentRevision: number; readonly compactedRevision: number },
): void {
  if (revision > store.currentRevision) throw futureError(revision, store.currentRevision);
  if (revision < store.compactedRevision) throw compactedError(revision, store.compactedRevision);
}
