import type { launchBrowser } from '@gantry/e2e/testbed/dashboard-page';
import { percentile } from '../load/statistics.ts';

export type Browser = Awaited<ReturnType<typeof launchBrowser>>;
export type Page = Awaited<ReturnType<Browser['newPage']>>;

/** The times between a page's frames over a while, milliseconds. */
export interface FrameTimes {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** Records the page's frames while `act` runs and for `ms` in all. */
export async function measureFrames(page: Page, ms: number, act?: () => Promise<void>): Promise<FrameTimes> {
  await page.evaluate(startRecorder);
  const until = performance.now() + ms;
  await act?.();
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now())));
  const times = await page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames.splice(0));
  return {
    count: times.length,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    longest: times.reduce((most, time) => Math.max(most, time), 0),
  };
}

/** Runs in the page. */
function startRecorder(): void {
  const scope = globalThis as unknown as {
    frames?: number[];
    requestAnimationFrame(callback: (time: number) => void): void;
  };
  const frames: number[] = [];
  scope.frames = frames;
  let last: number | undefined;
  const note = (time: number): void => {
    if (scope.frames !== frames) return;
    if (last !== undefined) frames.push(time - last);
    last = time;
    scope.requestAnimationFrame(note);
  };
  scope.requestAnimationFrame(note);
}

/** Bytes of JavaScript heap and the number of DOM nodes, after a collection. */
export async function measureMemory(page: Page): Promise<{ readonly heapBytes: number; readonly nodes: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { heapBytes: value('JSHeapUsedSize'), nodes: value('Nodes') };
}
