import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostProvider, HostSpec } from '../host-provider.ts';

/** What a test needs of an implementation beside the interface. */
export interface ProviderUnderTest {
  readonly provider: HostProvider;
  /** A second instance that knows nothing of the first: the provider of a controller that started anew. */
  readonly again: () => HostProvider;
  dispose(): Promise<void>;
}

const anyTime = new AbortController().signal;

/** The contract of {@link HostProvider}, for every implementation. */
export function describeProviderConformance(name: string, open: () => Promise<ProviderUnderTest>): void {
  describe(`${name} as a host provider`, () => {
    let test: ProviderUnderTest;
    beforeAll(async () => {
      test = await open();
    });
    afterAll(() => test.dispose());

    const spec = (host: string): HostSpec => ({
      pool: 'burst',
      name: host,
      cpu: '500m',
      memory: '512Mi',
      maxPods: 10,
      labels: { tier: 'burst' },
      taints: [],
      images: [],
    });
    const names = async (provider: HostProvider) => {
      const hosts = await provider.list(anyTime);
      return hosts.map((host) => `${host.pool}/${host.name}${host.isRunning ? '' : ' stopped'}`).toSorted();
    };

    it('has no host at first, and removes one that is not there without a word', async () => {
      expect(await names(test.provider)).toEqual([]);
      await test.provider.delete({ pool: 'burst', name: 'burst-9' }, anyTime);
    });

    it('makes a host once, however often it is asked, also by a new controller', async () => {
      const first = await test.provider.create(spec('burst-1'), anyTime);
      expect(first).toMatchObject({ pool: 'burst', name: 'burst-1', isRunning: true });
      const second = await test.again().create(spec('burst-1'), anyTime);
      expect(second.id).toBe(first.id);
      expect(await names(test.again())).toEqual(['burst/burst-1']);
    });

    it('makes hosts beside each other', async () => {
      await Promise.all([
        test.provider.create(spec('burst-1'), anyTime),
        test.provider.create(spec('burst-2'), anyTime),
      ]);
      expect(await names(test.provider)).toEqual(['burst/burst-1', 'burst/burst-2']);
    });

    it('does nothing once its time is over', async () => {
      await expect(test.provider.create(spec('burst-3'), AbortSignal.abort())).rejects.toThrow();
      expect(await names(test.provider)).toEqual(['burst/burst-1', 'burst/burst-2']);
    });

    it('removes a host with all that it holds, and may be asked again', async () => {
      await test.again().delete({ pool: 'burst', name: 'burst-1' }, anyTime);
      await test.provider.delete({ pool: 'burst', name: 'burst-1' }, anyTime);
      await test.provider.delete({ pool: 'burst', name: 'burst-2' }, anyTime);
      expect(await names(test.provider)).toEqual([]);
    });
  });
}
