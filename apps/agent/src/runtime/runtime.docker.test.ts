import { beforeAll } from 'vitest';
import { runtimeConformance } from '../testing/runtime-conformance.ts';
import { ensureTestImage, testCluster, testImage } from '../testing/test-engine.ts';
import { DockerRuntime } from './docker-runtime.ts';

beforeAll(() => ensureTestImage());

runtimeConformance('DockerRuntime', async () => {
  const scope = await testCluster();
  return {
    runtime: new DockerRuntime(),
    image: testImage,
    labels: { 'io.gantry.cluster': scope.cluster },
    subnet: '10.251.8.0/24',
    ip: '10.251.8.2',
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
});
