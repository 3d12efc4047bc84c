import { launchBrowser } from '@gantry/e2e/testbed/dashboard-page';
import type { Figure } from '../report.ts';
import { type Browser, type FrameTimes, measureFrames, measureMemory } from './frames.ts';
import { buildPage, MockPage, removePage } from './mock-page.ts';

interface Scenario {
  readonly work: string;
  readonly nodes: number;
  readonly scene: string;
  readonly cpuMilli?: number;
  /** What is there when the page counts as open. */
  readonly isOpen: string;
  /** Played at the start of the measurement. */
  readonly act: string;
  readonly ms: number;
}

const scenarios: readonly Scenario[] = [
  {
    work: '60 pods bound within a second on 6 nodes',
    nodes: 6,
    scene: 'demo',
    cpuMilli: 8000,
    isOpen: '.fleet [data-state]',
    act: 'scale-63',
    ms: 5_000,
  },
  {
    work: '2,000 pods on 6 nodes, 20 replaced a second',
    nodes: 6,
    scene: 'fill-334',
    cpuMilli: 64_000,
    isOpen: '.dense canvas',
    act: 'churn-20',
    ms: 10_000,
  },
  {
    work: '2,000 pods on 50 nodes, 20 replaced a second',
    nodes: 50,
    scene: 'fill-40',
    isOpen: '.dense canvas',
    act: 'churn-20',
    ms: 10_000,
  },
  {
    work: '10,000 pods on 500 nodes, 100 replaced a second',
    nodes: 500,
    scene: 'fill-20',
    isOpen: '.dense canvas',
    act: 'churn-100',
    ms: 10_000,
  },
];

const mostFrameMs = 50;

/** Frame times of the dashboard in the real browser on make-believe clusters, beside those of a blank page. */
export async function benchDashboard(): Promise<Figure[]> {
  const dist = await buildPage();
  const browser = await launchBrowser();
  try {
    const blank = await measureBlank(browser);
    const figures: Figure[] = [];
    for (const scenario of scenarios) figures.push(...(await measureScenario(browser, dist, scenario, blank)));
    return figures;
  } finally {
    await browser.close();
    await removePage(dist);
  }
}

async function measureBlank(browser: Browser): Promise<FrameTimes> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto('about:blank');
  const frames = await measureFrames(page, 5_000);
  await page.close();
  return frames;
}

async function measureScenario(
  browser: Browser,
  dist: string,
  scenario: Scenario,
  blank: FrameTimes,
): Promise<Figure[]> {
  const { work, isOpen, act, ms } = scenario;
  await using mock = await MockPage.start({ ...scenario, dist });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const startedAt = performance.now();
  await page.goto(mock.url);
  await page.locator(isOpen).first().waitFor();
  const openMs = performance.now() - startedAt;
  // What opening left to do must not be counted as churn.
  await measureFrames(page, 2_000);
  const before = await measureMemory(page);
  const frames = await measureFrames(page, ms, () => mock.play(act));
  const after = await measureMemory(page);
  await page.close();
  return [
    {
      work: `dashboard, ${work}: frame time, p99`,
      value: frames.p99,
      unit: 'ms',
      promise: { max: mostFrameMs },
      rival: { name: 'a blank page', value: blank.p99 },
      note: `p50 ${frames.p50.toFixed(1)} ms, longest ${frames.longest.toFixed(0)} ms of ${frames.count} frames; blank page p50 ${blank.p50.toFixed(1)} ms, longest ${blank.longest.toFixed(0)} ms`,
    },
    { work: `dashboard, ${work}: opened in`, value: openMs, unit: 'ms', promise: { max: 1_500 } },
    {
      work: `dashboard, ${work}: heap after ${ms / 1000} s of it`,
      value: after.heapBytes / 1e6,
      unit: 'MB',
      note: `before ${(before.heapBytes / 1e6).toFixed(1)} MB; DOM nodes ${before.nodes} before, ${after.nodes} after`,
    },
  ];
}
