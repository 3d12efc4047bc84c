import type { Container } from '@gantry/api-types';
import { testImage } from './test-engine.ts';

/** A container of the test image that runs a shell script; it sleeps unless told otherwise. */
export function makeContainer(name: string, script = 'exec sleep 3600', more: Partial<Container> = {}): Container {
  return { name, image: testImage, imagePullPolicy: 'IfNotPresent', command: ['/bin/sh', '-c', script], ...more };
}
