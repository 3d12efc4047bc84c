import { describeStoreConformance } from '../testing/store-conformance.ts';
import { createMemoryStore } from './memory-store.ts';

describeStoreConformance('the memory store', () => Promise.resolve(createMemoryStore()));
