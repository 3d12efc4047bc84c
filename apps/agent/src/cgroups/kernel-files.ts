import { closeSync, openSync, readSync } from 'node:fs';

/** A file of the kernel's that is read again and again. */
export interface KernelFile {
  readonly path: string;
  /** Of many records, which come in several pieces; others come whole. */
  readonly isList: boolean;
  /** Undefined until it was opened; null where there is none. */
  descriptor: number | undefined | null;
}

/** The file at the path, not opened yet. */
export function kernelFile(path: string, isList = false): KernelFile {
  return { path, isList, descriptor: undefined };
}

const firstBufferBytes = 16 * 1024;
const maxBufferBytes = 4 * 1024 * 1024;
/** Beyond so many, files are closed after each read. */
const maxKept = 8_000;

/**
 * Reads small files of /proc and cgroups without a promise or a path look-up each time: kept open, they are written anew
 * by the kernel at every read from their beginning. That is a fifth of what opening costs and a tenth of an asynchronous
 * read. An open file of a cgroup does not keep the cgroup from being removed; its reads fail from then on.
 */
export class KernelFiles {
  #buffer = Buffer.allocUnsafeSlow(firstBufferBytes);
  #kept = 0;

  /** The text; undefined where there is no such file or it went with its cgroup. */
  read(file: KernelFile): string | undefined {
    if (file.descriptor === null) return undefined;
    try {
      file.descriptor ??= this.#open(file.path);
      return this.#readAll(file.descriptor, file.isList);
    } catch (error) {
      this.close(file);
      // ENOENT: this kernel has no such file. ENODEV: the cgroup was removed. Either way nothing comes of it any more.
      if (!isShortOfFiles(error)) file.descriptor = null;
      return undefined;
    } finally {
      if (this.#kept > maxKept && typeof file.descriptor === 'number') {
        this.close(file);
        file.descriptor = undefined;
      }
    }
  }

  /** Lets go of the file; it may be read again. */
  close(file: KernelFile): void {
    if (typeof file.descriptor === 'number') {
      closeSync(file.descriptor);
      this.#kept -= 1;
    }
    file.descriptor = undefined;
  }

  #open(path: string): number {
    const descriptor = openSync(path, 'r');
    this.#kept += 1;
    return descriptor;
  }

  #readAll(descriptor: number, isList: boolean): string {
    for (;;) {
      let length = 0;
      let count = 0;
      do {
        count = readSync(descriptor, this.#buffer, length, this.#buffer.length - length, length);
        length += count;
      } while (isList && count > 0 && length < this.#buffer.length);
      if (length < this.#buffer.length || length >= maxBufferBytes) return this.#buffer.toString('latin1', 0, length);
      this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length * 4);
    }
  }
}

function isShortOfFiles(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EMFILE' || code === 'ENFILE';
}
