import { randomInt } from 'node:crypto';
import { isApiError } from '@gantry/api-types';
import type { ApiClient, Clock } from '@gantry/core';
import { joinLine } from '@gantry/core/join/join-line';
import type { JoinCommand } from './docker/docker-provider.ts';
import type { HostSpec } from './host-provider.ts';

const tokenTtlMs = 10 * 60_000;

export interface JoinHostsOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** `sha256:<hex>` of the cluster CA. */
  readonly caFingerprint: string;
  readonly serverFor: (gateway: string) => string;
}

/** The line of `gantry join` for a host of a pool, with a token of its own that ends with the joining. */
export async function joinCommand(
  { client, clock, caFingerprint, serverFor }: JoinHostsOptions,
  spec: HostSpec,
  gateway: string,
): Promise<JoinCommand> {
  const id = randomText(6);
  const secret = randomText(16);
  const name = `bootstrap-token-${id}`;
  const data = {
    'token-id': id,
    'token-secret': secret,
    expiration: new Date(clock.now() + tokenTtlMs).toISOString(),
    'usage-bootstrap-authentication': 'true',
    description: `made for ${spec.name} of node pool ${spec.pool}`,
  };
  await client.create('secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  });
  return {
    line: joinLine({
      server: serverFor(gateway),
      pin: caFingerprint.replace(/^sha256:/, ''),
      token: `${id}.${secret}`,
    }),
    env: { GANTRY_NODE_NAME: spec.name, GANTRY_AGENT_ARGS: JSON.stringify(agentArguments(spec)) },
    async done() {
      await client.delete('secrets', 'kube-system', name).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    },
  };
}

function agentArguments({ cpu, memory, maxPods, labels, taints }: HostSpec): readonly string[] {
  const texts = taints.map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`);
  return [
    ['--cpu', cpu],
    ['--memory', memory],
    ['--max-pods', String(maxPods)],
    ...Object.entries(labels).map(([key, value]) => ['--label', `${key}=${value}`]),
    ...(texts.length > 0 ? [['--register-with-taints', texts.join(',')]] : []),
  ].flat();
}

function randomText(length: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
