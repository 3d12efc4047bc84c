import { randomInt } from 'node:crypto';
import type { ApiConnection } from '../api/api-connection.ts';

/** Makes a bootstrap token (a Secret in kube-system, as kubeadm does) that lets agents join for `ttlSeconds`. */
export async function createJoinToken(api: Pick<ApiConnection, 'json'>, ttlSeconds: number): Promise<string> {
  const id = randomText(6);
  const secret = randomText(16);
  await api.json({
    method: 'POST',
    path: '/api/v1/namespaces/kube-system/secrets',
    body: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `bootstrap-token-${id}` },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        'token-id': id,
        'token-secret': secret,
        expiration: new Date(Date.now() + ttlSeconds * 1000).toISOString(),
        'usage-bootstrap-authentication': 'true',
        description: 'made by gantry for joining agents',
      },
    },
  });
  return `${id}.${secret}`;
}

function randomText(length: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
