import type { Logger } from '@gantry/core';
import type { Ruleset, RulesetChange } from '@gantry/core/network/services/ruleset';
import { runTool } from '../network/run-tool.ts';

/** Deletions at a time: each is a process. */
const maxDeletions = 200;

/** Carried out after each change of the rules; never rejects. */
export type FlushStaleUdp = (change: RulesetChange, desired: Ruleset) => Promise<void>;

/**
 * Ends the kernel's memory of UDP flows to endpoints that are gone, or to Services that had none: UDP has no end of its
 * own, and as long as a client goes on sending its packets would go where they went before.
 */
export function createUdpFlush(logger: Logger, run: typeof runTool = runTool): FlushStaleUdp {
  let isMissing = false;
  return async (change, desired) => {
    const removed = change.remove.flatMap(({ key }) => (isUdp(key) ? [key] : []));
    if (isMissing || (removed.length === 0 && !change.set.some(({ frontend }) => isUdp(frontend.key)))) return;
    try {
      const lines = (await run('conntrack', ['-L', '-p', 'udp'])).stdout.split('\n');
      const flows = lines.flatMap((line) => staleFlow(line, desired) ?? flowTo(line, removed) ?? []);
      for (const { source, sourcePort, ip, port } of flows.slice(0, maxDeletions)) {
        await run('conntrack', ['-D', '-p', 'udp', '-s', source, '-d', ip, '--sport', sourcePort, '--dport', port]);
      }
    } catch (error) {
      isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      const failed = 'what UDP clients of endpoints that went send may be lost for up to two minutes';
      logger.warn({ err: error }, isMissing ? missingTool : failed);
    }
  };
}

const missingTool =
  'the tool `conntrack` cannot be run (Debian package conntrack): UDP clients of an endpoint that went may wait up to two minutes';

function isUdp(key: string): boolean {
  return key.startsWith('udp . ') || key.includes(' udp ');
}

interface Flow {
  readonly source: string;
  readonly sourcePort: string;
  readonly ip: string;
  readonly port: string;
  /** Who answers. */
  readonly from: string;
}

/** `udp 17 29 src=A dst=B sport=1 dport=53 [UNREPLIED] src=E dst=A sport=53 dport=1 …`. */
function parseFlow(line: string): Flow | undefined {
  const values = (name: string) =>
    [...line.matchAll(new RegExp(`\\b${name}=(\\S+)`, 'g'))].map((match) => match[1] ?? '');
  const [[source, from], [ip], [sourcePort, fromPort], [port]] = [
    values('src'),
    values('dst'),
    values('sport'),
    values('dport'),
  ];
  if (!source || !ip || !sourcePort || !port || !from || !fromPort) return undefined;
  return { source, ip, sourcePort, port, from: `${from} . ${fromPort}` };
}

/** The flow goes to a Service and is answered by what is no endpoint of it. Pure. */
export function staleFlow(line: string, { frontends }: Ruleset): Flow | undefined {
  const flow = parseFlow(line);
  if (!flow) return undefined;
  const keys = [`${flow.ip} . udp . ${flow.port}`, `udp . ${flow.port}`];
  const present = keys.flatMap((key) => frontends.get(`anywhere ${key}`) ?? []);
  const [frontend] = present;
  if (!frontend) return undefined;
  // A node port's number may also be an ordinary port of some host far away: only what was led to a pod is ours.
  const isNodePort = frontend.key === keys[1];
  if (isNodePort && flow.from === `${flow.ip} . ${flow.port}`) return undefined;
  const backends = [frontend.backend, frontends.get(`outside ${frontend.key}`)?.backend];
  return backends.some((backend) => backend?.endpoints.includes(flow.from)) ? undefined : flow;
}

function flowTo(line: string, keys: readonly string[]): Flow | undefined {
  const flow = keys.length > 0 ? parseFlow(line) : undefined;
  return flow && keys.includes(`${flow.ip} . udp . ${flow.port}`) ? flow : undefined;
}
