import type { ImageLayer, KernelFact, StartPhase } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { agreementWords, layerSegments, sharedWords, waterfallRows } from './anatomy-view.ts';

it('lays the phases of a start out over its whole length', () => {
  const phases: StartPhase[] = [
    { phase: 'scheduling', startedAt: 1_000, durationMs: 1_000, source: 'conditions' },
    { phase: 'creating', container: 'c', startedAt: 2_500, durationMs: 500, source: 'agent' },
    { phase: 'becomingReady', startedAt: 3_000, durationMs: 2_000, source: 'agent' },
    { phase: 'networking', startedAt: 2_990, durationMs: 0, source: 'agent' },
  ];
  expect(waterfallRows(phases)).toMatchObject([
    { name: 'Scheduling', left: 0, width: 25, took: '1 s, rounded' },
    { name: 'Creating', container: 'c', left: 37.5, width: 12.5, took: '500 ms' },
    { name: 'Becoming ready', left: 50, width: 50, took: '2.00 s' },
    { name: 'Connecting the network', width: 0.8, took: '0 ms' },
  ]);
  expect(waterfallRows([])).toEqual([]);
});

const layer = (diffId: string, sharedCount: number, sizeBytes?: number): ImageLayer => ({
  diffId,
  sharedCount,
  sharedWith: [],
  ...(sizeBytes === undefined ? {} : { sizeBytes }),
});

it('makes layers as wide as they are large, or alike where sizes are not known', () => {
  const layers = [layer('a', 2, 75e6), layer('b', 0, 25e6)];
  expect(layerSegments(layers)).toMatchObject([
    { layer: { diffId: 'a' }, width: 75, isShared: true },
    { layer: { diffId: 'b' }, width: 25, isShared: false },
  ]);
  expect(sharedWords(layers)).toBe('Other images on the node lie on 1 of its 2 layers (75.0 MB of 100.0 MB).');
  expect(layerSegments([layer('a', 0, 5), layer('b', 0)]).map(({ width }) => width)).toEqual([50, 50]);
  expect(sharedWords([layer('a', 0)])).toBe('No other image on the node lies on its 1 layer.');
});

it('says how many values are as declared', () => {
  const fact = (agrees?: boolean): KernelFact => ({
    path: '/x',
    name: 'x',
    text: '1',
    ...(agrees === undefined ? {} : { declared: { field: 'f', expected: '1', agrees } }),
  });
  expect(agreementWords([fact(true), fact(true), fact()])).toBe('All 2 declared values are as the YAML says.');
  expect(agreementWords([fact(true), fact(false)])).toBe('1 of 2 declared values differs from the YAML.');
  expect(agreementWords([fact()])).toBe('');
});
