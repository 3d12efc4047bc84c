import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '@gantry/core';

/** More names than that are not remembered; the oldest are forgotten and then never removed. */
const maxNames = 2_000;

/**
 * Which images this agent brought to the engine by a pull or a load, and is thus allowed to remove. Pulled images carry
 * no label of ours, so that this is kept in a file. The file is only a hint: without it nothing breaks, images stay.
 */
export class OwnImages {
  readonly #path: string;
  readonly #logger: Logger;
  /** The image's id by reference. */
  readonly #ids: Map<string, string>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, logger: Logger, ids: ReadonlyMap<string, string>) {
    this.#path = path;
    this.#logger = logger;
    this.#ids = new Map(ids);
  }

  /** Reads the file; an absent or broken one is an empty one. */
  static async open(path: string, logger: Logger): Promise<OwnImages> {
    return new OwnImages(path, logger, await read(path));
  }

  add(reference: string, imageId: string): void {
    this.#ids.delete(reference);
    this.#ids.set(reference, imageId);
    for (const oldest of this.#ids.keys()) {
      if (this.#ids.size <= maxNames) break;
      this.#ids.delete(oldest);
    }
    this.#save();
  }

  forget(reference: string): void {
    if (this.#ids.delete(reference)) this.#save();
  }

  /** The references by which this agent brought the very image: a name that means another one by now is not ours. */
  namesOf(imageId: string): string[] {
    return [...this.#ids].flatMap(([reference, id]) => (id === imageId ? [reference] : []));
  }

  /** Resolves once everything is written. */
  async close(): Promise<void> {
    await this.#saving;
  }

  #save(): void {
    this.#saving = this.#saving.then(() => this.#write());
  }

  async #write(): Promise<void> {
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFile(`${this.#path}.new`, JSON.stringify({ pulled: Object.fromEntries(this.#ids) }, undefined, 1));
      await rename(`${this.#path}.new`, this.#path);
    } catch (err) {
      this.#logger.warn({ err }, 'cannot note which images this agent brought: they will not be removed by it');
    }
  }
}

async function read(path: string): Promise<ReadonlyMap<string, string>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    const pulled = typeof value === 'object' && value !== null && 'pulled' in value ? value.pulled : {};
    const entries = Object.entries(typeof pulled === 'object' && pulled !== null ? pulled : {});
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    // Not there yet, or cut off: a hint that is lost costs nothing but space.
    return new Map();
  }
}
