import { expect, it } from 'vitest';
import { CounterWindow } from './counter-window.ts';

it('has no rate before the second reading', () => {
  const window = new CounterWindow();
  expect(window.rate(15_000)).toBeUndefined();
  window.add(0, 5);
  expect(window.rate(15_000)).toBeUndefined();
});

it('takes the shortest span that is long enough', () => {
  const window = new CounterWindow();
  for (let at = 0; at <= 60_000; at += 2_000) window.add(at, at < 40_000 ? 0 : (at - 40_000) / 100);
  expect(window.rate(15_000)).toEqual({ perSecond: 10, windowMs: 16_000 });
});

it('takes all there is where that is less', () => {
  const window = new CounterWindow();
  window.add(1_000, 10);
  window.add(3_000, 30);
  expect(window.rate(15_000)).toEqual({ perSecond: 10, windowMs: 2_000 });
});

it('begins anew with a counter that did', () => {
  const window = new CounterWindow();
  window.add(0, 1_000);
  window.add(2_000, 2_000);
  window.add(4_000, 100);
  expect(window.rate(15_000)).toBeUndefined();
  window.add(6_000, 300);
  expect(window.rate(15_000)).toEqual({ perSecond: 100, windowMs: 2_000 });
});

it('leaves out a reading that is not newer', () => {
  const window = new CounterWindow();
  window.add(2_000, 10);
  window.add(2_000, 20);
  expect(window.rate(15_000)).toBeUndefined();
});

it('begins anew where the clock of the node was set back, and does not say for hours what was then', () => {
  const window = new CounterWindow();
  for (let at = 3_600_000; at <= 3_620_000; at += 2_000) window.add(at, at);
  window.add(0, 3_700_000);
  expect(window.rate(15_000)).toBeUndefined();
  window.add(2_000, 3_700_020);
  expect(window.rate(15_000)).toEqual({ perSecond: 10, windowMs: 2_000 });
});
