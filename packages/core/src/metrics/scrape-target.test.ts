import { makePod } from '@gantry/api-types/testing';
import { expect, it } from 'vitest';
import { scrapeTargetOf } from './scrape-target.ts';

const target = (annotations: Record<string, string>, ports?: number[]) =>
  scrapeTargetOf(makePod({ annotations, ...(ports ? { ports } : {}) }));

it('follows the usual annotations', () => {
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9100', 'prometheus.io/path': 'stats' };
  expect(target(annotations)).toEqual({ scheme: 'http', port: 9100, path: '/stats' });
  expect(target({ 'prometheus.io/scrape': 'true', 'prometheus.io/scheme': 'https' }, [8443])).toEqual({
    scheme: 'https',
    port: 8443,
    path: '/metrics',
  });
  expect(target({ 'prometheus.io/scrape': 'true' })).toMatchObject({ port: 80 });
});

it('leaves out pods that do not ask for it, and ports that are none', () => {
  expect(target({})).toBeUndefined();
  expect(target({ 'prometheus.io/scrape': 'false' })).toBeUndefined();
  expect(target({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': 'web' })).toBeUndefined();
});
