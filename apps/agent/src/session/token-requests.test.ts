import type { TokenRequestFrame } from '@gantry/api-types/protocol';
import { makePod } from '@gantry/api-types/testing';
import { FakeClock } from '@gantry/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { TokenRequests } from './token-requests.ts';

const pod = makePod({ name: 'web', uid: 'u' });
const request = { audiences: [], expirationSeconds: 3600 };
const expirationTimestamp = '2026-01-01T01:00:00Z';

describe('token requests', () => {
  let sent: TokenRequestFrame[];
  let isConnected: boolean;
  let clock: FakeClock;
  let tokens: TokenRequests;
  beforeEach(() => {
    sent = [];
    isConnected = true;
    clock = new FakeClock();
    const send = (frame: TokenRequestFrame): boolean => {
      if (isConnected) sent.push(frame);
      return isConnected;
    };
    tokens = new TokenRequests({ send }, clock);
  });

  it('are answered each with its own token', async () => {
    const first = tokens.requestToken(pod, request);
    const second = tokens.requestToken(pod, { ...request, audiences: ['vault'] });
    expect(sent.map((frame) => [frame.pod.name, frame.audiences])).toEqual([
      ['web', []],
      ['web', ['vault']],
    ]);
    const [one, two] = sent.map((frame) => frame.requestId);
    tokens.onFrame({ type: 'token', requestId: two ?? 0, token: 'b', expirationTimestamp });
    tokens.onFrame({ type: 'token', requestId: one ?? 0, token: 'a', expirationTimestamp });
    expect([(await first).token, (await second).token]).toEqual(['a', 'b']);
  });

  it('fail with what the controller says', async () => {
    const token = tokens.requestToken(pod, request);
    const requestId = sent[0]?.requestId ?? 0;
    tokens.onFrame({ type: 'tokenRefused', requestId, reason: 'NotFound', message: 'serviceaccounts "x" not found' });
    await expect(token).rejects.toThrow('serviceaccounts "x" not found');
  });

  it('fail at once while the controller is away, when it goes, and when it does not answer', async () => {
    isConnected = false;
    await expect(tokens.requestToken(pod, request)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
    isConnected = true;
    const cut = tokens.requestToken(pod, request);
    tokens.failAll();
    await expect(cut).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
    const silent = tokens.requestToken(pod, request);
    clock.advance(10_000);
    await expect(silent).rejects.toMatchObject({ reason: 'Timeout' });
  });
});
