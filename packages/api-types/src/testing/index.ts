export { builtAt, type MetadataOptions } from './metadata.ts';
export * from './nodes-and-pods.ts';
export * from './objects.ts';
export * from './workloads.ts';
