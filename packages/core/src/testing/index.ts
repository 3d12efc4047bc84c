export { FakeClock } from './fake-clock.ts';
export { describeStoreConformance } from './store-conformance.ts';
