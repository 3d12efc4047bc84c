import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { type MockServer, type MockServerOptions, startMockServer } from '../mock/server.ts';

/** As root in a container Chromium has no sandbox and no GPU; nothing may call home. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A turn of the wheel is over at once.
  '--disable-smooth-scrolling',
];

/** Faster than life, so that no test waits for a pod to start. */
const speed = 4;

/** How long the page may take on a slow machine. Looks are not so frequent that they are what keeps it busy. */
export const eventually = { timeout: 30_000, interval: 80 };

export interface OpenOptions extends Partial<Omit<MockServerOptions, 'distDir'>> {
  readonly scene?: string;
  readonly path?: string;
  readonly theme?: 'light' | 'dark';
}

export interface OpenPage {
  readonly page: Page;
  readonly server: MockServer;
  /** What the page wrote to the console as an error, and what it threw. */
  readonly problems: string[];
}

/**
 * Registers a browser for the tests of a file. Each call of the returned function opens a page on a mock fleet of its
 * own; both are gone after the test.
 */
export function registerBrowser(): (options?: OpenOptions) => Promise<OpenPage> {
  let profile: string;
  const distDir = inject('distDir');
  let context: BrowserContext;
  const servers: MockServer[] = [];
  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'gantry-chromium-'));
    const executablePath = process.env.GANTRY_CHROMIUM ?? '/usr/bin/chromium';
    context = await chromium.launchPersistentContext(profile, {
      executablePath,
      args,
      headless: true,
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'no-preference',
    });
  });
  afterEach(async () => {
    await Promise.all(context.pages().map((page) => page.close()));
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  afterAll(async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  });
  return async (options = {}) => {
    const { scene = 'demo', path = '/', theme, ...fleet } = options;
    const server = await startMockServer({ port: 0, speed, ...fleet, distDir });
    servers.push(server);
    if (scene) server.play(scene);
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // Others on this machine make and remove networks; Chromium drops requests under way then.
      if (message.type() === 'error' && !message.text().includes('ERR_NETWORK_CHANGED')) problems.push(message.text());
    });
    if (theme) await page.emulateMedia({ colorScheme: theme });
    await visit(page, server.url + path);
    return { page, server, problems };
  };
}

/** Opens the page again where a network that came or went on this machine made Chromium drop one of its files. */
export async function visit(page: Page, url: string): Promise<void> {
  let isWhole = true;
  const note = (request: Request): void => {
    if (request.failure()?.errorText.includes('ERR_NETWORK_CHANGED')) isWhole = false;
  };
  page.on('requestfailed', note);
  for (let tries = 0; tries < 5; tries++) {
    isWhole = true;
    // Chromium may drop the page itself.
    await page.goto(url).catch(() => {
      isWhole = false;
    });
    if (isWhole) break;
  }
  page.off('requestfailed', note);
}
