import { describe, expect, it } from 'vitest';
import { ensureClusterObjects } from './cluster-objects.ts';
import { createTestApi } from './testing/test-api.ts';

describe('the endpoints of the API', () => {
  it.each([
    ['127.0.0.1', []],
    ['192.0.2.7', ['192.0.2.7']],
  ])('where it listens on %s are %o, in a slice and in Endpoints', async (apiAddress, expected) => {
    await using api = await createTestApi();
    const read = async () => {
      const slice = await api.client.get('endpointslices.discovery.k8s.io', 'default', 'kubernetes');
      const { subsets = [], metadata } = await api.client.get('endpoints', 'default', 'kubernetes');
      // Else a second slice would be made of the Endpoints.
      expect(metadata.labels).toEqual({ 'endpointslice.kubernetes.io/skip-mirror': 'true' });
      return [
        slice.endpoints.flatMap(({ addresses }) => addresses),
        subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)),
      ];
    };
    // At every start, also where the address was another before.
    await ensureClusterObjects(api.client, { apiAddress: '192.0.2.1', apiPort: 6443 });
    await ensureClusterObjects(api.client, { apiAddress, apiPort: 6443 });
    expect(await read()).toEqual([expected, expected]);
    const { metadata } = await api.client.get('endpoints', 'default', 'kubernetes');
    await ensureClusterObjects(api.client, { apiAddress, apiPort: 6443 });
    const again = await api.client.get('endpoints', 'default', 'kubernetes');
    expect(again.metadata.resourceVersion).toBe(metadata.resourceVersion);
  });
});
