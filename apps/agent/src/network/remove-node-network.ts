import { readdir } from 'node:fs/promises';
import { removeForwarding } from './forwarding.ts';
import type { NetworkNames } from './names.ts';
import { findNftProblem, NftTable } from './nft.ts';
import { runTool } from './run-tool.ts';
import { ToolBatch } from './tool-batch.ts';

/**
 * Removes what the node has in the host's network namespace: links, routes, table, rules. Does nothing where there are
 * none of them or none can be there, since the tools are missing. Repeatable.
 */
export async function removeNodeNetwork(names: NetworkNames): Promise<void> {
  const links = (await readdir('/sys/class/net').catch(() => [])).filter((name) => name.startsWith(names.linkPrefix));
  const batch = new ToolBatch('ip');
  if (links.length > 0) await batch.run(links.map((name) => `-link delete dev ${name}`));
  // Exits with 2 where there are none.
  await runTool('ip', ['route', 'flush', 'metric', String(names.routeMetric)]).catch(() => undefined);
  await removeForwarding(names);
  const table = new NftTable(names.table);
  if ((await findNftProblem()) === undefined && (await table.exists())) await table.remove();
}
