/**
 * `npm run bench`: every figure, in one run on this machine, as a table on the terminal and in docs/performance.md.
 * `npm run bench -- api replicas` runs the named parts only and leaves the document alone.
 */
import { cpus, totalmem } from 'node:os';
import { buildBusyboxImage, openEngine } from '@gantry/e2e/testbed/images';
import { LocalCluster, repositoryRoot } from '@gantry/e2e/testbed/local-cluster';
import { measureBusyAgent } from './cluster/busy-agent.ts';
import { measureNodeLoss } from './cluster/node-loss.ts';
import { measureProcesses, readProcessCost } from './cluster/process-cost.ts';
import { measureRollOut, removeDeployment } from './cluster/replicas.ts';
import { benchDashboard } from './dashboard/bench-dashboard.ts';
import { measureEngineLimit } from './engine/engine-limit.ts';
import { measureSwarm } from './engine/swarm.ts';
import { runApiLoad } from './load/api-load.ts';
import { percentile } from './load/statistics.ts';
import { type Figure, renderTable, writeIntoDocument } from './report.ts';
import { benchServices } from './services/bench-services.ts';
import { benchSimulate } from './simulate/bench-simulate.ts';

const image = 'gantry-bench/sleeper:1';
const serverImage = 'gantry-bench/server:1';
const manyPods = 100;
const replicas = 50;
const concurrency = 8;
const rounds = 3;
/** A controller that has just started gives agents 10 s to come back before it evicts anything. */
const startGuardMs = 12_000;
const roomy = ['--no-demo', '--node-cpu', '16', '--node-memory', '32Gi'];

/** Row 1 of the comparison with Kubernetes: 1,000 nodes, 5,000 pods, 4 watchers. */
async function benchApi(): Promise<Figure[]> {
  await using cluster = await LocalCluster.start(['--no-demo', '--nodes', '1']);
  const { controller } = await cluster.state();
  const load = await runApiLoad(cluster.address, { nodes: 1_000, pods: 5_000, concurrency: 32, watchers: 4 });
  const { residentMegabytes } = await readProcessCost(controller.pid);
  const work = '1,000 nodes, 5,000 pods, 32 at a time, 4 watchers';
  return [
    {
      work: `${work}: pods bound`,
      value: load.boundPerSecond,
      unit: '1/s',
      promise: { min: 1_500 },
      note: 'quoted: Kubernetes 1.20 about 170',
    },
    { work: 'create, p50', value: load.createP50, unit: 'ms' },
    { work: 'create to bound, p50', value: load.createToBoundP50, unit: 'ms', promise: { max: 150 } },
    { work: 'watch delivery of a create, p50', value: load.watchDeliveryP50, unit: 'ms' },
    {
      work: `LIST of 5,000 pods (${(load.listBytes / 1e6).toFixed(1)} MB), p50`,
      value: load.listP50,
      unit: 'ms',
      promise: { max: 80 },
    },
    { work: 'GET of one pod, p50', value: load.getP50, unit: 'ms', promise: { max: 1 } },
    { work: 'controller memory after that', value: residentMegabytes, unit: 'MB', promise: { max: 300 } },
  ];
}

/** In turns, so that what else the machine does falls on both; the medians are compared. */
async function benchReplicas(): Promise<Figure[]> {
  const docker = openEngine();
  await buildBusyboxImage(docker, image);
  const limits: number[] = [];
  const rollOuts: number[] = [];
  {
    await using cluster = await LocalCluster.start([...roomy, '--nodes', '1']);
    const client = cluster.client();
    for (let round = 0; round < rounds; round += 1) {
      limits.push(await measureEngineLimit(docker, { image, containers: replicas, concurrency }));
      rollOuts.push(await measureRollOut(client, { name: `replicas-${round}`, image, replicas }));
      await removeDeployment(client, `replicas-${round}`);
    }
    client.close();
  }
  const swarm = await measureSwarm(docker, { image, replicas });
  const limit = percentile(limits, 0.5);
  const ours = percentile(rollOuts, 0.5);
  const work = `${replicas} replicas of a Deployment with their network, all Running (median of ${rounds})`;
  return [
    {
      work,
      value: ours,
      unit: 's',
      promise: { max: limit },
      rival: { name: 'the engine alone, on a user-defined bridge', value: limit },
      note: `${concurrency} starts in flight`,
    },
    ...(swarm === undefined ? [] : [{ work, value: ours, unit: 's', rival: { name: 'Docker Swarm', value: swarm } }]),
  ];
}

async function benchNodeLoss(): Promise<Figure[]> {
  const docker = openEngine();
  await buildBusyboxImage(docker, image);
  await using cluster = await LocalCluster.start(roomy);
  await new Promise((resolve) => setTimeout(resolve, startGuardMs));
  const loss = await measureNodeLoss(cluster, docker, { name: 'loss', image, replicas: 9 });
  return [
    { work: 'node killed to NotReady', value: loss.toNotReady, unit: 's' },
    {
      work: `node killed to all ${loss.lost} lost replicas Running elsewhere`,
      value: loss.toReplaced,
      unit: 's',
      promise: { max: 8 },
      note: 'default settings: NotReady after 4 s, toleration 1 s; quoted: Docker Swarm on three hosts 19.1 s',
    },
  ];
}

async function benchIdle(): Promise<Figure[]> {
  await using cluster = await LocalCluster.start(['--no-demo']);
  const { controller, nodes } = await cluster.state();
  // What start-up allocated must settle before it counts as idle.
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  const [first, ...agents] = await measureProcesses([controller.pid, ...nodes.map((node) => node.process.pid)], 20);
  const cpuPercent = [first, ...agents].reduce((sum, cost) => sum + (cost?.cpuPercent ?? 0), 0);
  return [
    {
      work: 'idle 3-node cluster: controller memory',
      value: first?.residentMegabytes ?? Number.NaN,
      unit: 'MB',
      promise: { max: 180 },
    },
    {
      work: 'idle 3-node cluster: largest agent',
      value: Math.max(...agents.map((cost) => cost.residentMegabytes)),
      unit: 'MB',
      promise: { max: 120 },
    },
    {
      work: 'idle 3-node cluster: cpu of all four processes',
      value: cpuPercent,
      unit: '% of one core',
      promise: { max: 3 },
    },
  ];
}

async function benchBusyAgent(): Promise<Figure[]> {
  await buildBusyboxImage(openEngine(), serverImage, ['/bin/httpd', '-f', '-p', '8080', '-h', '/bin']);
  const { residentMegabytes, cpuPercent } = await measureBusyAgent(serverImage, manyPods);
  const work = `an agent with ${manyPods} running pods, each with two TCP probes every 10 s`;
  return [
    { work: `${work}: cpu`, value: cpuPercent, unit: '% of one core', promise: { max: 3 } },
    { work: `${work}: memory`, value: residentMegabytes, unit: 'MB', promise: { max: 160 } },
  ];
}

const parts = {
  api: benchApi,
  replicas: benchReplicas,
  'node-loss': benchNodeLoss,
  idle: benchIdle,
  'busy-agent': benchBusyAgent,
  services: benchServices,
  simulate: benchSimulate,
  dashboard: benchDashboard,
};
const wanted = process.argv.slice(2);
const names = Object.keys(parts) as (keyof typeof parts)[];
const figures: Figure[] = [];
for (const name of names.filter((candidate) => wanted.length === 0 || wanted.includes(candidate))) {
  console.log(`measuring: ${name}`);
  const measured = await parts[name]();
  console.log(renderTable(measured));
  figures.push(...measured);
}
if (wanted.length === 0) {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}`;
  const text = `\nMeasured on ${new Date().toISOString().slice(0, 10)}, ${machine}, by \`npm run bench\`:\n\n${renderTable(figures)}\n`;
  await writeIntoDocument(`${repositoryRoot}docs/performance.md`, text);
  console.log(`\n${renderTable(figures)}\nwritten to docs/performance.md`);
}
