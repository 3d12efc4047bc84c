/** Where the line of `gantry join` puts the agent. */
export const agentDir = '/var/lib/gantry-agent';

/** The environment of a pool's host: addresses that are on its link although they do not look like it. */
export const routesVariable = 'GANTRY_HOST_ROUTES';

/**
 * The first program of a host of a pool: runs the engine and, once the host has joined, the agent, and starts either again
 * when it ended, as an ordinary host's service manager does. A container that was stopped and started goes on where it was.
 */
const program = `#!/bin/sh
for address in $${routesVariable}; do ip route replace "$address" dev eth0; done
rm -f ${agentDir}/agent.pid
while sleep 2; do
  [ -x ${agentDir}/start.sh ] && [ -e ${agentDir}/data/credential.json ] || continue
  pid=$(cat ${agentDir}/agent.pid 2>/dev/null)
  [ -n "$pid" ] && grep -q agent.mjs "/proc/$pid/cmdline" 2>/dev/null && continue
  ${agentDir}/start.sh >>${agentDir}/agent.log 2>&1 </dev/null
done &
/etc/host-boot
while sleep 1; do
  rm -f /run/docker.pid
  dockerd --host=unix:///run/docker.sock
done
`;

/** Where it lies in a host's image. */
export const poolHostFile = { path: 'etc/pool-host', mode: 0o755, content: Buffer.from(program) } as const;
