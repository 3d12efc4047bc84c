import { mkdir } from 'node:fs/promises';
import type { Logger } from '@gantry/core';
import { mountPointsUnder, mountTmpfs } from './mounts.ts';

/** One tmpfs for the secrets of all pods of the node; a plain directory where the agent may not mount. */
export class MemoryDirectory {
  readonly path: string;
  readonly #logger: Logger;
  #mounted: Promise<void> | undefined;

  constructor(path: string, logger: Logger) {
    this.path = path;
    this.#logger = logger;
  }

  /** Makes it, once in the agent's life. */
  ensure(): Promise<void> {
    this.#mounted ??= this.#mount().catch((error: unknown) => {
      this.#mounted = undefined;
      throw error;
    });
    return this.#mounted;
  }

  async #mount(): Promise<void> {
    const { path } = this;
    await mkdir(path, { recursive: true, mode: 0o700 });
    if ((await mountPointsUnder(path)).includes(path)) return;
    await mountTmpfs(path, 'mode=0711').catch((error: unknown) =>
      this.#logger.warn({ err: error, path }, 'cannot mount a tmpfs, secret volumes are kept on disk'),
    );
  }
}
