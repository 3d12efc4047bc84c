import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files as the kernel shows them, below a directory of their own. */
export interface KernelTree extends AsyncDisposable {
  readonly root: string;
  /** In place, as the kernel's files change: who has one open reads the new text. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  remove(path: string): Promise<void>;
}

export async function kernelTree(): Promise<KernelTree> {
  const root = await mkdtemp(join(tmpdir(), 'gantry-kernel-'));
  return {
    root,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
    },
    remove: (path) => rm(join(root, path), { recursive: true, force: true }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
