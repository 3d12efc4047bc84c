import { createInterface } from 'node:readline';
import { ensureForwarding } from '../network/forwarding.ts';
import { ensureGateway, gatewayOf } from '../network/gateway.ts';
import { networkNames } from '../network/names.ts';
import type { NetworkMode } from '../network/network-mode.ts';
import { NftTable } from '../network/nft.ts';
import { writeNodeRules } from '../network/node-rules.ts';
import { RouteKeeper, type RoutesTold } from '../network/route-keeper.ts';
import { ToolBatch } from '../network/tool-batch.ts';
import { systemClock } from '../system-clock.ts';
import { quietLogger } from './quiet-logger.ts';

/**
 * A host's part in the routes between hosts, for tests: run in a network namespace of its own, it follows the lines of
 * JSON on its standard input as an agent follows its controller. Arguments: node, host's address, pod CIDR, mode.
 */
const [node = '', hostIp = '', podCidr = '', mode = 'auto'] = process.argv.slice(2);
const identity = { cluster: 'test-routes', node };
const names = networkNames(identity);
const table = new NftTable(names.table);
const batch = new ToolBatch('ip');
const refresh = async () => {
  await ensureGateway(batch, names, podCidr);
  await writeNodeRules(table, names, podCidr);
  await ensureForwarding(names);
};
const keeper = new RouteKeeper({
  identity,
  hostIp,
  mode: mode as Exclude<NetworkMode, 'engine'>,
  plumbing: { names, table, podCidr, gateway: gatewayOf(podCidr), refresh },
  clock: systemClock,
  logger: quietLogger(),
});
for await (const line of createInterface({ input: process.stdin })) keeper.update(JSON.parse(line) as RoutesTold);
await keeper.stop();
