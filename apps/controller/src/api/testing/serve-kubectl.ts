import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@gantry/core';
import { openClusterPki } from '../../pki/cluster-pki.ts';
import { writeKubeconfig } from '../../pki/kubeconfig.ts';
import { systemClock } from '../../system-clock.ts';
import type { ApiServerOptions } from '../server.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';
import { type TestApi, tokens } from './test-api.ts';

/** What a server for kubectl is made with: kubectl insists on TLS, and its waits on a clock that goes. */
export interface ServedOptions {
  readonly tls: NonNullable<ApiServerOptions['tls']>;
  readonly clock: Clock;
}

/** A test's server on a port of its own, and a kubectl whose kubeconfig leads there as the admin. */
export interface ServedKubectl<T> extends AsyncDisposable {
  readonly served: T;
  readonly kubectl: Kubectl;
}

/** Makes the server by `create` and listens; `apiOf` is the API in it. */
export async function serveKubectl<T extends AsyncDisposable>(
  binary: string,
  create: (options: ServedOptions) => Promise<T>,
  apiOf: (served: T) => TestApi,
): Promise<ServedKubectl<T>> {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-kubectl-'));
  const pki = await openClusterPki({ dataDir: directory, clock: systemClock });
  const tls = { certificatePem: pki.serverCertificatePem, keyPem: pki.serverKeyPem };
  const served = await create({ tls, clock: systemClock });
  const { app } = apiOf(served);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const kubeconfig = join(directory, 'kubeconfig');
  await writeKubeconfig(kubeconfig, { server: `https://127.0.0.1:${port}`, caPem: pki.caPem, token: tokens.admin });
  return {
    served,
    kubectl: kubectlWith(binary, kubeconfig, directory),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}
