import type { Clock, Logger, Store } from '@gantry/core';

export interface CompactionOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs?: number;
  /** History younger than this is kept, up to `maxRevisions`. */
  readonly retainMs?: number;
  /** As many of the newest revisions are kept however old they are, so that watches of an idle cluster resume. */
  readonly minRevisions?: number;
  readonly maxRevisions?: number;
}

/** Has the store forget old history from time to time. The returned function stops it and resolves when it is at rest. */
export function startCompaction(options: CompactionOptions): () => Promise<void> {
  const { store, clock, logger, intervalMs = 300_000, retainMs = 600_000 } = options;
  const { minRevisions = 1000, maxRevisions = 250_000 } = options;
  let marks = [{ at: clock.now(), revision: store.currentRevision }];
  let running: Promise<void> = Promise.resolve();
  let isStopped = false;
  let cancel = clock.setTimer(run, intervalMs);

  function run(): void {
    running = compact().finally(() => {
      if (!isStopped) cancel = clock.setTimer(run, intervalMs);
    });
  }

  async function compact(): Promise<void> {
    const now = clock.now();
    const { currentRevision } = store;
    const old = marks.findLast((mark) => mark.at <= now - retainMs)?.revision ?? 0;
    marks = [...marks.filter((mark) => mark.revision >= old), { at: now, revision: currentRevision }];
    const revision = Math.max(Math.min(old, currentRevision - minRevisions), currentRevision - maxRevisions);
    if (revision <= store.compactedRevision) return;
    try {
      await store.compact(revision);
      logger.debug({ revision }, 'store compacted');
    } catch (err) {
      if (!isStopped) logger.warn({ err, revision }, 'the store could not be compacted; trying again later');
    }
  }

  return async () => {
    isStopped = true;
    cancel();
    await running;
  };
}
