export { FakeClock } from './fake-clock.ts';
export { type LinkedStreams, linkStreams } from './linked-streams.ts';
export { describeStoreConformance } from './store-conformance.ts';
