export type { ApiClient, DeleteRequest } from './client/api-client.ts';
export type { EventRecorder, RecordedEvent } from './events/event-recorder.ts';
export type { Informer, InformerEvent, InformerSource, Lister } from './informer/informer.ts';
export type { Clock } from './lib/clock.ts';
export type { Logger } from './lib/logger.ts';
export type { FilterRefusal, NodeVerdict, SchedulingDecision } from './scheduler/decision.ts';
export type { Store, StoreEvent, StoreListOptions, StoreListResult, StoreRecord } from './store/store.ts';
export { StoreError } from './store/store.ts';
