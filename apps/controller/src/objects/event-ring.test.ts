import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventRing } from './event-ring.ts';

const entry = (revision: number, length: number) => ({ current: { revision, bytes: { length } } });

it('holds the latest events within its limits and answers from any revision it covers', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 });
  const limits = fc.record({ maxEvents: fc.integer({ min: 1, max: 10 }), maxBytes: fc.integer({ min: 1, max: 200 }) });
  void fc.assert(
    fc.property(sizes, limits, (lengths, { maxEvents, maxBytes }) => {
      const ring = new EventRing<ReturnType<typeof entry>>(100, { maxEvents, maxBytes });
      const all: ReturnType<typeof entry>[] = [];
      for (const [index, length] of lengths.entries()) {
        const event = entry(102 + 2 * index, length);
        all.push(event);
        ring.push(event);
        const held = ring.after(ring.startRevision);
        expect(held).toEqual(all.slice(all.length - held.length));
        expect(ring.startRevision).toBe(all[all.length - held.length - 1]?.current.revision ?? 100);
        expect(held.length).toBeLessThanOrEqual(maxEvents);
        if (held.length > 1) expect(sum(held)).toBeLessThanOrEqual(maxBytes);
        for (let from = ring.startRevision; from <= 103 + 2 * index; from += 1) {
          expect(ring.after(from)).toEqual(all.filter((other) => other.current.revision > from));
        }
      }
    }),
  );
});

it('drops no event before a limit is reached', () => {
  const ring = new EventRing<ReturnType<typeof entry>>(1, { maxEvents: 3, maxBytes: 30 });
  for (let revision = 2; revision <= 4; revision += 1) ring.push(entry(revision, 10));
  expect(ring.startRevision).toBe(1);
  ring.push(entry(5, 10));
  expect(ring.startRevision).toBe(2);
});

function sum(events: readonly ReturnType<typeof entry>[]): number {
  return events.reduce((total, event) => total + event.current.bytes.length, 0);
}
