import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { mustRunTool, runTool } from './run-tool.ts';

const hostScript = fileURLToPath(new URL('../testing/route-host.ts', import.meta.url));
const routes = [
  { nodeName: 'a', podCIDR: '10.9.1.0/24', hostIP: '192.0.2.11' },
  { nodeName: 'b', podCIDR: '10.9.2.0/24', hostIP: '192.0.2.12' },
  { nodeName: 'c', podCIDR: '10.9.3.0/24', hostIP: '198.51.100.13' },
];

/** Hosts a and b are on one segment, c is on another behind a router; each is a network namespace. */
async function startHosts(mode = 'auto') {
  const id = `gtt${randomBytes(3).toString('hex')}`;
  const inside = (host: string, ...args: string[]) => mustRunTool('ip', ['netns', 'exec', `${id}${host}`, ...args]);
  const namespaces = ['r', 'a', 'b', 'c'];
  const script = [
    ...namespaces.map((name) => `ip netns add ${id}${name}; ip -n ${id}${name} link set lo up`),
    `ip -n ${id}r link add near type bridge; ip -n ${id}r link add far type bridge`,
    ...routes.map(({ nodeName: host, hostIP }) =>
      [
        `ip -n ${id}${host} link add eth0 type veth peer name ${host} netns ${id}r`,
        `ip -n ${id}r link set dev ${host} master ${host === 'c' ? 'far' : 'near'} up`,
        `ip -n ${id}${host} address add ${hostIP}/24 dev eth0; ip -n ${id}${host} link set eth0 up`,
        `ip -n ${id}${host} route add default via ${hostIP.replace(/\d+$/, '1')}`,
      ].join(';'),
    ),
    `ip -n ${id}r address add 192.0.2.1/24 dev near; ip -n ${id}r address add 198.51.100.1/24 dev far`,
    `ip -n ${id}r link set near up; ip -n ${id}r link set far up`,
    `ip netns exec ${id}r sysctl -qw net.ipv4.ip_forward=1`,
  ].join(' && ');
  await mustRunTool('sh', ['-c', script]);
  const agents = new Map<string, ChildProcess>();
  for (const { nodeName, hostIP, podCIDR } of routes) {
    const command = [
      'netns',
      'exec',
      `${id}${nodeName}`,
      process.execPath,
      hostScript,
      nodeName,
      hostIP,
      podCIDR,
      mode,
    ];
    agents.set(nodeName, spawn('ip', command, { stdio: ['pipe', 'ignore', 'inherit'] }));
  }
  return {
    inside,
    tell: (all = routes) => {
      const line = `${JSON.stringify({ clusterCIDR: '10.9.0.0/16', routes: all })}\n`;
      for (const agent of agents.values()) agent.stdin?.write(line);
    },
    /** Whether the one reaches the other's pods: its gateway stands for them. */
    reaches: async (from: string, to: string) => {
      const gateway = (host: string) =>
        routes.find(({ nodeName }) => nodeName === host)?.podCIDR.replace('0/24', '1') ?? '';
      const ping = ['busybox', 'ping', '-c', '1', '-W', '1', '-s', '1400', '-I', gateway(from), gateway(to)];
      return (await runTool('ip', ['netns', 'exec', `${id}${from}`, ...ping])).exitCode === 0;
    },
    [Symbol.asyncDispose]: async () => {
      for (const agent of agents.values()) {
        agent.stdin?.end();
        if (agent.exitCode === null) await once(agent, 'exit');
      }
      for (const name of namespaces) await runTool('ip', ['netns', 'delete', `${id}${name}`]);
    },
  };
}

async function routeTo(hosts: Awaited<ReturnType<typeof startHosts>>, from: string, cidr: string): Promise<string> {
  return (await hosts.inside(from, 'ip', 'route', 'show', cidr)).trim();
}

const patience = { timeout: 60_000, interval: 100 };

it('sets plain routes on a segment and VXLAN beyond it, and follows what the controller tells', async () => {
  await using hosts = await startHosts();
  hosts.tell();
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'c'],
    ['c', 'a'],
    ['c', 'b'],
  ] as const) {
    await expect.poll(() => hosts.reaches(from, to), patience).toBe(true);
  }
  expect(await routeTo(hosts, 'a', '10.9.2.0/24')).toMatch(/^10\.9\.2\.0\/24 via 192\.0\.2\.12 dev eth0/);
  expect(await routeTo(hosts, 'a', '10.9.3.0/24')).toMatch(/via 10\.9\.3\.1 dev gt\w{6}v/);
  // Somebody else's hand, and an agent that is told the same again.
  await hosts.inside('a', 'ip', 'route', 'delete', '10.9.2.0/24');
  hosts.tell();
  await expect.poll(() => hosts.reaches('a', 'b'), patience).toBe(true);
  // A node is gone, another has a new address.
  await hosts.inside('b', 'ip', 'address', 'add', '192.0.2.99/24', 'dev', 'eth0');
  const [first, second] = routes;
  if (first && second) hosts.tell([first, { ...second, hostIP: '192.0.2.99' }]);
  await expect.poll(() => routeTo(hosts, 'a', '10.9.2.0/24'), patience).toMatch(/via 192\.0\.2\.99 /);
  await expect.poll(() => routeTo(hosts, 'a', '10.9.3.0/24'), patience).toBe('');
  const link = (await hosts.inside('a', 'sh', '-c', 'ls /sys/class/net'))
    .split('\n')
    .find((name) => /^gt\w{6}v$/.test(name));
  expect(await hosts.inside('a', 'bridge', 'fdb', 'show', 'dev', link ?? '')).not.toContain('198.51.100.13');
  await expect.poll(() => hosts.reaches('a', 'b'), patience).toBe(true);
});

it('goes through VXLAN everywhere where that is asked for', async () => {
  await using hosts = await startHosts('vxlan');
  hosts.tell();
  await expect.poll(() => hosts.reaches('a', 'b'), patience).toBe(true);
  await expect.poll(() => hosts.reaches('b', 'c'), patience).toBe(true);
  expect(await routeTo(hosts, 'a', '10.9.2.0/24')).toMatch(/via 10\.9\.2\.1 dev gt\w{6}v/);
  hosts.tell(routes.slice(0, 1));
  await expect.poll(() => routeTo(hosts, 'a', '10.9.2.0/24'), patience).toBe('');
  await expect.poll(() => hosts.inside('a', 'sh', '-c', 'ls /sys/class/net'), patience).not.toMatch(/gt\w{6}v/);
});
