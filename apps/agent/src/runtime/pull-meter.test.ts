import { expect, it } from 'vitest';
import { PullMeter } from './pull-meter.ts';

it('adds up what the engine says layer by layer', () => {
  const meter = new PullMeter();
  const say = (id: string, status: string, current?: number, total?: number) =>
    meter.add({ id, status, progressDetail: { current, total } });
  expect(say('1', 'Pulling from library/nginx')).toBe(false);
  expect(meter.add({ status: 'Digest: sha256:00' })).toBe(false);
  say('a', 'Already exists');
  say('b', 'Pulling fs layer');
  say('c', 'Pulling fs layer');
  say('b', 'Downloading', 10, 100);
  say('c', 'Downloading', 20, 50);
  expect(meter.progress()).toEqual({ layers: 3, layersDone: 1, bytes: 30, totalBytes: 150 });
  say('c', 'Download complete');
  say('b', 'Downloading', 90, 100);
  say('c', 'Extracting', 5, 50);
  expect(meter.progress()).toEqual({ layers: 3, layersDone: 1, bytes: 140, totalBytes: 150 });
  say('c', 'Pull complete');
  say('b', 'Download complete');
  say('b', 'Pull complete');
  expect(meter.progress()).toEqual({ layers: 3, layersDone: 3, bytes: 150, totalBytes: 150 });
});
