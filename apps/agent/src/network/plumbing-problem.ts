import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { overlaps, parseCidr } from '@gantry/core/network/pod-cidr';
import type { EngineInfo } from '../runtime/container-runtime.ts';
import { runTool } from './run-tool.ts';

/** Bits of CapEff in /proc/PID/status. */
const capabilities = { NET_ADMIN: 12n, SYS_ADMIN: 21n } as const;

const tools = [
  { command: 'ip', args: ['-Version'], expected: /iproute2/, package: 'iproute2' },
  { command: 'nsenter', args: ['--version'], expected: /util-linux/, package: 'util-linux' },
  { command: 'nft', args: ['--version'], expected: /nftables/, package: 'nftables' },
] as const;

/**
 * Why the agent cannot connect pods itself on this host; undefined where it can. It must be in the engine's own network
 * namespace, with the right to change it, and have the tools.
 */
export async function findPlumbingProblem(
  engine: EngineInfo,
  bridgeSubnets: readonly string[],
): Promise<string | undefined> {
  const missing = await missingCapabilities();
  if (missing.length > 0)
    return `the agent lacks ${missing.map((name) => `CAP_${name}`).join(' and ')} (run it as root)`;
  if (engine.isRootless) return 'the engine is rootless and has a network namespace of its own';
  if (engine.kernelVersion !== release()) return 'the engine runs on another kernel than the agent';
  if (bridgeSubnets.length === 0) return 'the engine has no bridge that would show which network namespace it is in';
  const subnets = bridgeSubnets.flatMap((text) => parseCidr(text) ?? []);
  const addresses = (await localAddresses()).flatMap((address) => parseCidr(`${address}/32`) ?? []);
  if (!subnets.some((subnet) => addresses.some((address) => overlaps(subnet, address))))
    return 'the engine is in another network namespace than the agent';
  for (const { command, args, expected, package: name } of tools) {
    const { stdout, stderr } = await runTool(command, args).catch(() => ({ stdout: '', stderr: '' }));
    if (!expected.test(stdout + stderr)) return `\`${command}\` is missing (install ${name})`;
  }
  return undefined;
}

async function missingCapabilities(): Promise<string[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return Object.entries(capabilities).flatMap(([name, bit]) => ((effective >> bit) & 1n ? [] : [name]));
}

/** All addresses of this network namespace, of links without a carrier too. */
async function localAddresses(): Promise<string[]> {
  const trie = await readFile('/proc/net/fib_trie', 'utf8').catch(() => '');
  return [...trie.matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g)].map(([, address = '']) => address);
}
