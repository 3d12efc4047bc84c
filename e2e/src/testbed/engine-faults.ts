import { waitUntil } from './deadline.ts';
import type { EngineHost } from './engine-host.ts';

const pidFile = '/run/docker.pid';
/** While it is there, an engine that ended stays away. */
const offFile = '/run/engine-off';

/**
 * A host's first program: starts its engine, and starts it again when it ended, as an ordinary host's service manager
 * does. What the engine keeps in /run survives that, as on an ordinary host.
 */
export const superviseEngine = `/etc/host-boot --host=tcp://0.0.0.0:2375 --tls=false
while :; do
  while [ -e ${offFile} ]; do usleep 50000; done
  rm -f ${pidFile}
  dockerd --host=unix:///run/docker.sock --host=tcp://0.0.0.0:2375 --tls=false
done
`;

/** `kill -9` of the host's engine; resolves when it is gone. It stays away until {@link startEngine}. */
export async function killEngine(host: EngineHost): Promise<void> {
  const wait = 'while [ -d /proc/$pid ]; do usleep 10000; done';
  await host.mustExec(['sh', '-c', `touch ${offFile}; pid=$(cat ${pidFile}); kill -9 $pid; ${wait}`]);
}

/** Resolves when the engine answers. */
export async function startEngine(host: EngineHost): Promise<void> {
  await host.mustExec(['rm', '-f', offFile]);
  await waitUntil(`the engine of ${host.name} answers`, 60_000, async () => {
    return host.engine.ping().then(
      () => true,
      () => false,
    );
  });
}

/** The engine says and does nothing until what is returned is called; its connections stay open. */
export async function freezeEngine(host: EngineHost): Promise<() => Promise<void>> {
  const signal = (name: string) => host.mustExec(['sh', '-c', `kill -${name} $(cat ${pidFile})`]);
  await signal('STOP');
  return async () => {
    await signal('CONT');
  };
}
