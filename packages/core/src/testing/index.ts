export { FakeClock } from './fake-clock.ts';
export { type LinkedStreams, linkStreams } from './linked-streams.ts';
export { deploymentOf, makeSimulationSource, type RunningOptions } from './simulation-source.ts';
export { type ClaimParts, makeClaim, makeClass, makeVolume, type VolumeParts } from './storage.ts';
export { describeStoreConformance } from './store-conformance.ts';
