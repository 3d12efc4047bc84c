import { waitUntil } from './deadline.ts';
import type { EngineHost } from './engine-host.ts';

/** Counters and handles differ between two moments of the same rules. */
const listing = `
ls /var/lib/docker/containers | sed 's/^/container /'
ls /sys/class/net | grep '^gt' | sed 's/^/link /'
nft list ruleset 2>/dev/null | grep -v counter | sed 's/^/nft /'
cut -d' ' -f2 /proc/mounts | grep gantry | sed 's/^/mount /'
find /sys/fs/cgroup -type d -path '*gantry*' | sed 's/^/cgroup /'
find /var/lib/gantry-agent/data/pods /var/lib/gantry-agent/data/memory -mindepth 1 -maxdepth 1 | sed 's/^/directory /'
for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -o '^[^ ]*containerd-shim.* -id [0-9a-f]*'; done | sed 's/^/process /'
true
`;

/** All that pods leave on a host while they run: containers, links, packet rules, mounts, cgroups, directories, shims. */
export async function hostTraces(host: EngineHost): Promise<string[]> {
  const text = await host.mustExec(['sh', '-c', listing]);
  return text.split('\n').filter(Boolean).toSorted();
}

/** Waits until the host is as it was; rejects with what is there too much or missing. */
export async function waitForTraces(host: EngineHost, before: readonly string[]): Promise<void> {
  let difference: string[] = [];
  try {
    await waitUntil(`${host.name} is as it was`, 60_000, async () => {
      const now = await hostTraces(host);
      const left = now.filter((line) => !before.includes(line));
      const missing = before.filter((line) => !now.includes(line));
      difference = [...left.map((line) => `left: ${line}`), ...missing.map((line) => `missing: ${line}`)];
      return difference.length === 0;
    });
  } catch (error) {
    throw new Error(`${host.name} is not as it was:\n${difference.join('\n')}`, { cause: error });
  }
}
