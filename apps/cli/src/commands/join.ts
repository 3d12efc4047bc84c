import { createHash, X509Certificate } from 'node:crypto';
import { joinLine } from '@gantry/core/join/join-line';
import { ApiConnection } from '../api/api-connection.ts';
import { kubeconfigPath, readKubeconfig } from '../api/kubeconfig.ts';
import { createJoinToken } from '../cluster/join-token.ts';
import type { Terminal } from '../output/terminal.ts';

/**
 * `gantry join`: prints one line for a host that has only Docker and Node. The line fetches the joining script's pinned
 * CA first: before the fingerprint matches, nothing secret is sent.
 */
export async function printJoinLine(
  terminal: Terminal,
  options: { dataDir: string; ttlSeconds: number },
): Promise<void> {
  const address = await readKubeconfig(kubeconfigPath(options.dataDir));
  const api = new ApiConnection(address);
  const token = await createJoinToken(api, options.ttlSeconds);
  api.close();
  const pin = createHash('sha256').update(new X509Certificate(address.caPem).raw).digest('hex');
  if (new URL(address.server).hostname === '127.0.0.1') {
    terminal.warn('the API listens on 127.0.0.1, which other hosts cannot reach: start the cluster with --address IP');
  }
  terminal.line(joinLine({ server: address.server, pin, token }));
  terminal.line(
    terminal.dim(
      `# works for ${Math.round(options.ttlSeconds / 60)} minutes; run it as a user who may use the Docker socket`,
    ),
  );
}
