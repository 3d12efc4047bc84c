import { runCommand } from '@gantry/e2e/testbed/local-cluster';

const prefix = 'GBENCH';

/**
 * The chains that kube-proxy writes by default for one Service with one endpoint, behind `others` Services: a list that
 * each new connection of a pod goes down, before all other rules. Removed again when disposed of.
 */
export async function writeIptablesChains(ip: string, target: string, others: number): Promise<AsyncDisposable> {
  const services = Array.from({ length: others }, (_, i) => ({ ip: `10.199.${i >> 8}.${i & 255}`, id: `${i}` }));
  const all = [...services, { ip, id: 'X' }];
  const rules = all.flatMap(({ ip: address, id }) => [
    `-A ${prefix}-SERVICES -d ${address}/32 -p tcp -m tcp --dport 80 -j ${prefix}-SVC-${id}`,
    `-A ${prefix}-SVC-${id} -j ${prefix}-SEP-${id}`,
    `-A ${prefix}-SEP-${id} -p tcp -m tcp -j DNAT --to-destination ${target}`,
  ]);
  const chains = all.flatMap(({ id }) => [`:${prefix}-SVC-${id} - [0:0]`, `:${prefix}-SEP-${id} - [0:0]`]);
  await restore([
    '*nat',
    `:${prefix}-SERVICES - [0:0]`,
    ...chains,
    ...rules,
    `-I PREROUTING -j ${prefix}-SERVICES`,
    'COMMIT',
  ]);
  return {
    async [Symbol.asyncDispose]() {
      const names = [`${prefix}-SERVICES`, ...all.flatMap(({ id }) => [`${prefix}-SVC-${id}`, `${prefix}-SEP-${id}`])];
      const ends = [...names.map((name) => `-F ${name}`), ...names.map((name) => `-X ${name}`)];
      await restore(['*nat', `-D PREROUTING -j ${prefix}-SERVICES`, ...ends, 'COMMIT']);
    },
  };
}

async function restore(lines: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand('iptables-restore', ['--noflush', '-w', '10'], {
    input: `${lines.join('\n')}\n`,
  });
  if (code !== 0) throw new Error(`iptables-restore: ${stderr}`);
}
