export { builtAt, type MetadataOptions, makeMetadata } from './metadata.ts';
export * from './nodes-and-pods.ts';
export * from './objects.ts';
export * from './storage-and-network.ts';
export { cellsOf, problemsOf } from './texts.ts';
export * from './workloads.ts';
