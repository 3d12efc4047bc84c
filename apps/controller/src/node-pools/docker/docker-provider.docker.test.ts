import { describeProviderConformance } from '../testing/provider-conformance.ts';
import { DockerProvider } from './docker-provider.ts';
import { openDockerEngine } from './engine-client.ts';
import { agentDir } from './pool-host-program.ts';

const cluster = `pooltest-${process.pid}`;
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger };

function ignore(): void {
  // What is logged is not this test's subject.
}

function open(): DockerProvider {
  return new DockerProvider({
    cluster,
    logger,
    openEngine: openDockerEngine,
    listen: async () => undefined,
    // Joining is the agent's and the controller's matter, and an e2e test's.
    join: async () => ({
      line: `mkdir -p ${agentDir}/data && touch ${agentDir}/data/credential.json`,
      env: {},
      done: async () => undefined,
    }),
  });
}

describeProviderConformance('the engine', async () => {
  const provider = open();
  return {
    provider,
    again: open,
    async dispose() {
      const signal = AbortSignal.timeout(120_000);
      for (const host of await provider.list(signal)) await provider.delete(host, signal);
      await (await openDockerEngine()).getNetwork(`gantry-${cluster}-pool`).remove();
    },
  };
});
