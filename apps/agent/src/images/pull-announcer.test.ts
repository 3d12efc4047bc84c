import { expect, it } from 'vitest';
import { PullAnnouncer } from './pull-announcer.ts';

const seconds = 1000;

/** What is told over `length` seconds of a pull that moves all the time. */
function tell(length: number, step = 100): { statuses: number[]; events: number[]; last: string } {
  const announcer = new PullAnnouncer('nginx', 0);
  const told = { statuses: [] as number[], events: [] as number[], last: '' };
  for (let now = 0; now <= length * seconds; now += step) {
    const progress = { layers: 3, layersDone: 1, bytes: now * 1024, totalBytes: 100 * 1024 * 1024 };
    const { status, event } = announcer.announce(progress, now);
    if (status !== undefined) told.statuses.push(now / seconds);
    if (event !== undefined) told.events.push(now / seconds);
    told.last = status ?? told.last;
  }
  return told;
}

it('says nothing of a pull that is over at once', () => {
  expect(tell(1)).toMatchObject({ statuses: [], events: [] });
});

it('tells the status every two seconds, and events ever more seldom', () => {
  const { statuses, events, last } = tell(90);
  expect(statuses.slice(0, 4)).toEqual([2, 4, 6, 8]);
  expect(events).toEqual([6, 16, 36, 76]);
  expect(last).toBe('Pulling image "nginx": 87.9 of 100.0 MiB, 1 of 3 layers');
});

it('does not repeat itself where nothing moves', () => {
  const announcer = new PullAnnouncer('nginx', 0);
  const progress = { layers: 1, layersDone: 0, bytes: 0, totalBytes: 0 };
  const told = [2, 4, 6, 8].flatMap((second) => announcer.announce(progress, second * seconds).status ?? []);
  expect(told).toEqual(['Pulling image "nginx": 0 of 1 layer']);
});
