import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { buildPage } from './build-page.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The page as operators get it, built once for all files. */
    distDir: string;
  }
}

/** Vitest's global set-up of the browser tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const distDir = await buildPage();
  project.provide('distDir', distDir);
  return () => rm(distDir, { recursive: true, force: true });
}
