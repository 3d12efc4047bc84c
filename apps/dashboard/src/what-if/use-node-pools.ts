import type { NodePool } from '@gantry/api-types';
import { useEffect, useState } from 'react';
import { listObjects } from '../api/client.ts';

/** The NodePools as they are when the panel opens; none where they cannot be read. */
export function useNodePools(): readonly NodePool[] {
  const [pools, setPools] = useState<readonly NodePool[]>([]);
  useEffect(() => {
    const gone = new AbortController();
    listObjects<NodePool>({ apiVersion: 'gantry.io/v1', resource: 'nodepools' }, { signal: gone.signal }).then(
      setPools,
      // Hosts can be described by hand then.
      () => undefined,
    );
    return () => gone.abort();
  }, []);
  return pools;
}
