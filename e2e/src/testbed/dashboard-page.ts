import { existsSync } from 'node:fs';
import type { Node, Pod } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

const browserPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A browser of this machine, or the one that `GANTRY_CHROMIUM` names; as root in a container it has no sandbox. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.GANTRY_CHROMIUM ?? browserPaths.find((path) => existsSync(path)) ?? 'chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

/** The dashboard's address in what a command printed. */
export function dashboardLink(output: string): string {
  const link = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(output)?.[0];
  if (link === undefined) throw new Error(`no dashboard link in: ${output}`);
  return link;
}

/** The sums of one resource of a node: milli-cpu, or mebibytes. */
export interface RailNumbers {
  readonly requested: number;
  readonly limits: number;
  readonly allocatable: number;
}

/** What the page says of the nodes, read as an operator reads it. */
export class DashboardPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    // A loaded machine draws late; playwright's own half minute is for others.
    page.setDefaultTimeout(90_000);
  }

  card(node: string): Locator {
    return this.page.locator(`[data-node="${node}"]`);
  }

  /** Tiles of pods that are there; those of evicted ones are not counted. */
  tiles(owner: string, state: string): Locator {
    return this.page.locator(
      `.fleet [data-tile][data-state="${state}"]:not([data-evicted])[aria-label*=", ${owner}, "]`,
    );
  }

  async rail(node: string, label: 'CPU' | 'Memory'): Promise<RailNumbers> {
    const text = (await this.card(node).locator(`[data-rail="${label}"]`).textContent()) ?? '';
    const [, requested, allocatable] = /^\D*?([\d.]+\w*) of ([\d.]+\w*) requested/.exec(text.slice(label.length)) ?? [];
    const limits = /limits ([\d.]+(?:[mKMGT]i?)?)/.exec(text)?.[1];
    if (requested === undefined || allocatable === undefined) throw new Error(`no numbers in ${JSON.stringify(text)}`);
    const parse = label === 'CPU' ? parseCpuMilli : toMebibytes;
    return { requested: parse(requested), limits: parse(limits ?? '0'), allocatable: parse(allocatable) };
  }

  /** Key, node and uid of every tile of a living pod, in one order, for comparing. */
  async shownPods(): Promise<string[]> {
    const shown = await this.page.locator('.page [data-tile]:not([data-evicted])').evaluateAll((tiles) =>
      tiles.map((tile) => {
        const node = tile.closest('[data-node]')?.getAttribute('data-node') ?? 'none';
        return `${tile.getAttribute('data-key')} ${node} ${tile.getAttribute('data-uid')}`;
      }),
    );
    return shown.toSorted();
  }
}

/** What {@link DashboardPage.shownPods} says of these pods. */
export function podLines(pods: readonly Pod[]): string[] {
  return pods
    .map(({ metadata, spec }) => `${metadata.namespace}/${metadata.name} ${spec.nodeName ?? 'none'} ${metadata.uid}`)
    .toSorted();
}

/** The API's sums for a node, over the containers of pods that have not ended (none has init containers here). */
export function apiRail(node: Node, pods: readonly Pod[], resource: 'cpu' | 'memory'): RailNumbers {
  const parse = resource === 'cpu' ? parseCpuMilli : toMebibytes;
  const bound = pods.filter(
    ({ spec, status }) =>
      spec.nodeName === node.metadata.name && status.phase !== 'Succeeded' && status.phase !== 'Failed',
  );
  const sum = (kind: 'requests' | 'limits') =>
    bound
      .flatMap(({ spec }) => spec.containers)
      .reduce((total, { resources }) => total + parse(resources?.[kind]?.[resource] ?? '0'), 0);
  return {
    requested: sum('requests'),
    limits: sum('limits'),
    allocatable: parse(node.status.allocatable?.[resource] ?? '0'),
  };
}

function toMebibytes(quantity: string): number {
  return parseBytes(quantity) / 2 ** 20;
}
