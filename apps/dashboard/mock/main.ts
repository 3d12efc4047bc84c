import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { scenes } from './scenes.ts';
import { startMockServer } from './server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5174' },
    nodes: { type: 'string', default: '3' },
    scene: { type: 'string', default: 'demo,kinds' },
    cpu: { type: 'string', default: '4000' },
    speed: { type: 'string', default: '1' },
    toleration: { type: 'string', default: '1' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
  },
});
const server = await startMockServer({
  port: Number(values.port),
  nodes: Number(values.nodes),
  nodeCpuMilli: Number(values.cpu),
  speed: Number(values.speed),
  tolerationSeconds: Number(values.toleration),
  distDir: values.dist,
});
for (const scene of values.scene.split(',')) server.play(scene);
process.stdout.write(
  `${server.url}/\nscenes: ${Object.keys(scenes)
    .map((name) => `${server.url}/mock/${name}`)
    .join('\n        ')}\n`,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void server.close().then(() => process.exit(0)));
}
