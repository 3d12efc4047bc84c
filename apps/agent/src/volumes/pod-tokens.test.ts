import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { PodTokens, type TokenRequest } from './pod-tokens.ts';

const request: TokenRequest = { audiences: [], expirationSeconds: 1000 };

function setUp() {
  const clock = new FakeClock();
  const issued: TokenRequest[] = [];
  const controller = { isAway: false };
  const source = {
    requestToken: async (_pod: unknown, asked: TokenRequest) => {
      if (controller.isAway) throw new Error('away');
      issued.push(asked);
      const expirationTimestamp = new Date(clock.now() + asked.expirationSeconds * 1000).toISOString();
      return { token: `token-${issued.length}`, expirationTimestamp };
    },
  };
  return { clock, controller, tokens: new PodTokens(source, clock), pod: makePod({ uid: 'a' }) };
}

it('replaces a token after 80 % of its life', async () => {
  const { clock, tokens, pod } = setUp();
  expect(await tokens.token(pod, request)).toBe('token-1');
  expect(tokens.nextRotation('a')).toBe(clock.now() + 800_000);
  await clock.advance(799_000);
  expect(await tokens.token(pod, request)).toBe('token-1');
  await clock.advance(1_000);
  expect(await tokens.token(pod, request)).toBe('token-2');
});

it('replaces a token that lives for weeks every day', async () => {
  const { clock, tokens, pod } = setUp();
  await tokens.token(pod, { audiences: ['vault'], expirationSeconds: 30 * 24 * 3600 });
  expect(tokens.nextRotation('a')).toBe(clock.now() + 24 * 3600 * 1000);
});

it('goes on with a valid token while the controller is away, and no longer', async () => {
  const { clock, controller, tokens, pod } = setUp();
  await tokens.token(pod, request);
  controller.isAway = true;
  await clock.advance(900_000);
  expect(await tokens.token(pod, request)).toBe('token-1');
  expect(tokens.nextRotation('a')).toBe(clock.now() + 10_000);
  await clock.advance(100_000);
  await expect(tokens.token(pod, request)).rejects.toThrow('away');
});

it('holds one token for each request of a pod, until it is forgotten', async () => {
  const { tokens, pod } = setUp();
  expect(await tokens.token(pod, request)).toBe('token-1');
  expect(await tokens.token(pod, { ...request, audiences: ['vault'] })).toBe('token-2');
  expect(await tokens.token(pod, request)).toBe('token-1');
  tokens.forget('a');
  expect(tokens.nextRotation('a')).toBeUndefined();
  expect(await tokens.token(pod, request)).toBe('token-3');
});
