import { FakeClock } from '@gantry/core/testing';
import { runtimeConformance } from '../testing/runtime-conformance.ts';
import { FakeRuntime } from './fake-runtime.ts';

runtimeConformance('FakeRuntime', async () => {
  const runtime = new FakeRuntime(new FakeClock());
  const image = 'busybox:1';
  runtime.addImage(image);
  const labels = { 'io.gantry.cluster': 'test' };
  return {
    runtime,
    image,
    labels,
    subnet: '10.1.0.0/24',
    ip: '10.1.0.2',
    [Symbol.asyncDispose]: async () => undefined,
  };
});
