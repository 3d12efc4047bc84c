import type { Node, Pod } from '@gantry/api-types';
import { barePod, isReady, listPods, pods, programSpec, runWeb, web } from '../objects.ts';
import { ensure, remove, type TourStage, type TourStep, until } from '../stage.ts';

const replicas = 6;
const name = 'freezer';
const frozenSeconds = 25;

/**
 * Stops the agent of the node it runs on as `kill -STOP` does, and lets it go on later. Of several agents on one host it
 * is the one that keeps this pod's files.
 */
const freeze = `
const fs = require('fs');
const mounts = fs.readFileSync('/proc/self/mountinfo', 'utf8').replaceAll('\\\\040', ' ');
const isOurs = (pid) => {
  try {
    const args = fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0');
    const valueOf = (flag) => args[args.indexOf(flag) + 1];
    if (!args.includes('--data-dir') || valueOf('--node-name') !== process.env.NODE_NAME) return false;
    return mounts.includes(valueOf('--data-dir').split('/').slice(-3).join('/'));
  } catch { return false; }
};
const pid = fs.readdirSync('/proc').filter((entry) => /^[0-9]+$/.test(entry)).find(isOurs);
if (!pid) { console.error('no agent found'); process.exit(1); }
const thaw = () => { process.kill(pid, 'SIGCONT'); process.exit(0); };
process.removeAllListeners('SIGTERM');
process.on('SIGTERM', thaw);
process.kill(pid, 'SIGSTOP');
setTimeout(thaw, ${frozenSeconds} * 1000);
`;

export const nodeLossStep: TourStep = {
  id: 'node-loss',
  title: 'A node dies',
  intro: `The agent of one node is stopped dead for ${frozenSeconds} s: to the cluster the host is gone. Its pods run elsewhere in seconds.`,
  lookAt: 'The heartbeat that stands still, the countdown, and the arcs from the lost pods to their replacements.',
  async run(stage) {
    await remove(stage, pods(name));
    await runWeb(stage, replicas);
    const before = await listPods(stage, web);
    const victim = before[0]?.spec.nodeName;
    const others = await otherReadyNodes(stage, victim);
    if (victim === undefined || others === 0) throw new Error('one node alone has nobody to take its pods over');
    const lost = before.filter(({ spec }) => spec.nodeName === victim);
    stage.say(`${victim} has ${lost.length} of the ${replicas} pods`);
    await ensure(stage, pods(), freezer(victim));
    const startedAt = stage.now();
    const since = () => `${((stage.now() - startedAt) / 1000).toFixed(1)} s`;
    await until(stage, `${victim} is seen to be gone`, 60, async () =>
      (await isNodeReady(stage, victim)) ? 'the last heartbeat is still fresh' : true,
    );
    stage.say(`NotReady after ${since()}`);
    await until(stage, 'all replicas run elsewhere', 60, async () => {
      const running = (await listPods(stage, web)).filter((pod) => isReady(pod) && pod.spec.nodeName !== victim);
      return running.length >= replicas || `${running.length} of ${replicas} Ready on other nodes`;
    });
    stage.say(`all ${replicas} Ready on other nodes after ${since()}`);
    await until(
      stage,
      `${victim} is back`,
      90,
      async () => (await isNodeReady(stage, victim)) || `${victim} is still away`,
    );
    stage.say(`${victim} is back after ${since()}. Pods are not moved back by themselves.`);
    await remove(stage, pods(name));
  },
};

function freezer(nodeName: string): object {
  const spec = programSpec({
    cpu: '1m',
    memory: '40Mi',
    program: freeze,
    spec: { nodeName, hostPID: true, restartPolicy: 'Never' },
  });
  const { containers } = spec as Pod['spec'];
  const env = [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }];
  return barePod(name, { ...spec, containers: containers.map((container) => ({ ...container, env })) });
}

async function otherReadyNodes(stage: TourStage, but: string | undefined): Promise<number> {
  const { items } = await stage.call<{ readonly items: readonly Node[] }>({ path: '/api/v1/nodes' });
  return items.filter((node) => node.metadata.name !== but && isReadyNode(node)).length;
}

async function isNodeReady(stage: TourStage, nodeName: string): Promise<boolean> {
  return isReadyNode(await stage.call<Node>({ path: `/api/v1/nodes/${nodeName}` }));
}

function isReadyNode({ status }: Node): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}
