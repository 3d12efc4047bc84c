import type { NetworkNames } from './names.ts';
import { mustRunTool, runTool } from './run-tool.ts';

/** The engine keeps its hands off this chain, and asks it before it isolates its bridges. */
const userChain = 'DOCKER-USER';
/** Waits for whoever holds the lock of iptables. */
const wait = ['-w', '10'];

/**
 * Lets the node's pods through where the host forwards nothing else: a Docker Engine sets the policy of FORWARD to drop,
 * and some firewalls do. A drop in one table beats an accept in another, so that the rules must stand in the same chain.
 * Repeatable; to be repeated, since a firewall that is reloaded forgets them.
 */
export async function ensureForwarding(names: NetworkNames): Promise<void> {
  const chain = await chainToUse();
  if (chain === undefined) return;
  const present = await mustRunTool('iptables', [...wait, '-S', chain]);
  for (const rule of rulesOf(names)) {
    if (!present.includes(`-A ${chain} ${rule}`)) {
      await mustRunTool('iptables', [...wait, '-I', chain, ...rule.split(' ')]);
    }
  }
}

/** Removes the rules, from whichever chain has them and however often it does. */
export async function removeForwarding(names: NetworkNames): Promise<void> {
  for (const chain of [userChain, 'FORWARD']) {
    const { exitCode, stdout } = await runTool('iptables', [...wait, '-S', chain]).catch(() => notThere);
    if (exitCode !== 0) continue;
    for (const line of stdout.split('\n')) {
      if (!rulesOf(names).some((rule) => line === `-A ${chain} ${rule}`)) continue;
      await mustRunTool('iptables', [...wait, '-D', ...line.split(' ').slice(1)]);
    }
  }
}

const notThere = { exitCode: 1, stdout: '', stderr: '' };

/** Undefined where the host forwards what nobody forbids (or has no iptables, so that the engine cannot use it either). */
async function chainToUse(): Promise<string | undefined> {
  const { exitCode, stdout } = await runTool('iptables', [...wait, '-S', 'FORWARD']).catch(() => notThere);
  if (exitCode !== 0) return undefined;
  // The engine makes the chain anew at its start and leaves in it what it finds.
  if (stdout.includes(`-j ${userChain}`)) return userChain;
  const isEmpty = stdout.trim() === '-P FORWARD ACCEPT';
  return isEmpty ? undefined : 'FORWARD';
}

/** As iptables prints them. The comment says whose they are; the interface already tells. */
function rulesOf({ linkPrefix, table }: NetworkNames): string[] {
  const rest = `-m comment --comment ${table} -j ACCEPT`;
  return [`-i ${linkPrefix}+ ${rest}`, `-o ${linkPrefix}+ ${rest}`];
}
