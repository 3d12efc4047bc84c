import type { ReactNode } from 'react';
import { useCluster } from '../state/hooks.ts';
import { nodeGroupings, useNodeGrouping } from '../state/node-groups.ts';

/** By what the fleet's nodes are grouped. */
export function GroupBy(): ReactNode {
  const store = useCluster('nodes');
  const [grouping, setGrouping] = useNodeGrouping();
  const choices = nodeGroupings(store.nodes.values());
  return (
    <label className="group-by">
      Group by{' '}
      <select value={grouping} onChange={(event) => setGrouping(event.target.value)}>
        {(choices.includes(grouping) ? choices : [...choices, grouping]).map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    </label>
  );
}
