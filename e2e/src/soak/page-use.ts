import type { Browser, CDPSession } from 'playwright-core';
import { DashboardPage, dashboardLink, launchBrowser, podLines } from '../testbed/dashboard-page.ts';
import { waitUntil } from '../testbed/deadline.ts';
import { repositoryRoot, runCommand } from '../testbed/local-cluster.ts';
import type { SoakCluster } from './soak-cluster.ts';
import { growth, type Point, trendText, warm } from './trend.ts';

/** Above the level after warm-up, once the collector has run. */
const maxGrowth = { heapMegabytes: 15, elements: 3_000 } as const;
const viewport = { width: 1440, height: 900 };

/** The dashboard, left open in a browser while the cluster changes: what it takes, and whether it is still right. */
export class PageUse implements AsyncDisposable {
  readonly #cluster: SoakCluster;
  readonly #browser: Browser;
  readonly #dashboard: DashboardPage;
  readonly #devtools: CDPSession;
  readonly #heap: Point[] = [];
  readonly #elements: Point[] = [];

  private constructor(cluster: SoakCluster, browser: Browser, dashboard: DashboardPage, devtools: CDPSession) {
    this.#cluster = cluster;
    this.#browser = browser;
    this.#dashboard = dashboard;
    this.#devtools = devtools;
  }

  static async open(cluster: SoakCluster): Promise<PageUse> {
    const browser = await launchBrowser();
    const page = await browser.newPage({ viewport });
    // A fresh link: the one that was printed at the start is gone with that controller, if it was killed since.
    const args = ['dashboard', '--data-dir', cluster.local.dataDir];
    const { stdout } = await runCommand(`${repositoryRoot}node_modules/.bin/gantry`, args);
    await page.goto(dashboardLink(stdout));
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    return new PageUse(cluster, browser, new DashboardPage(page), devtools);
  }

  /** To be called when the cluster rests; rejects where the page does not show then what the API says. */
  async sample(): Promise<void> {
    await waitUntil('the page shows the pods that there are', 60_000, async () => {
      const [shown, there] = await Promise.all([this.#dashboard.shownPods(), this.#cluster.pods()]);
      return shown.join('\n') === podLines(there).join('\n');
    });
    await this.#devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#devtools.send('Performance.getMetrics');
    const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
    this.#heap.push([Date.now(), of('JSHeapUsedSize') / 2 ** 20]);
    this.#elements.push([Date.now(), of('Nodes')]);
  }

  /** Throws where the page has grown since the warm-up. */
  check(): void {
    const heap = growth(warm(this.#heap)) ?? 0;
    if (heap > maxGrowth.heapMegabytes)
      throw new Error(`the page has grown by ${heap.toFixed(1)} MB since the warm-up`);
    const elements = growth(warm(this.#elements)) ?? 0;
    if (elements > maxGrowth.elements) throw new Error(`the page has ${elements} more nodes than after the warm-up`);
  }

  summary(): string {
    const heap = this.#heap.at(-1)?.[1].toFixed(1);
    return `page ${heap} MB${trendText(warm(this.#heap))}, ${this.#elements.at(-1)?.[1]} nodes`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
