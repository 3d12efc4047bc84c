import type { FieldError } from '../errors.ts';
import type { Event } from '../generated/types.ts';
import { ageOf } from '../human-duration.ts';
import type { KindDefinition } from '../kind.ts';
import { invalidValue } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { allVerbs, countColumn, doNothing, noErrors, textColumn } from './define.ts';

export const eventKind: KindDefinition<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults(event) {
    event.involvedObject ??= {};
    event.source ??= {};
    event.reportingComponent ??= '';
    event.reportingInstance ??= '';
  },
  prepareForCreate: doNothing,
  prepareForUpdate: doNothing,
  prepareForStatusUpdate: doNothing,
  validate: validateEvent,
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  selectableFields: {
    'involvedObject.kind': (event) => event.involvedObject.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent,
    source: (event) => event.source?.component || event.reportingComponent,
    type: (event) => event.type ?? '',
  },
  columns: [
    textColumn('Last Seen', 'When it happened last.', (event, now) => lastSeen(event, now)),
    textColumn('Type', 'Normal or Warning.', (event) => event.type ?? ''),
    textColumn('Reason', 'Why, in one word.', (event) => event.reason ?? ''),
    textColumn('Object', 'What it happened to.', objectText),
    textColumn('Subobject', 'Which part of the object.', (event) => event.involvedObject.fieldPath ?? '', 1),
    textColumn('Source', 'Who says so.', sourceText, 1),
    textColumn('Message', 'What happened.', (event) => (event.message ?? '').trim()),
    textColumn('First Seen', 'When it happened first.', (event, now) => firstSeen(event, now), 1),
    countColumn('Count', 'How often it happened.', (event) => event.series?.count ?? (event.count || 1), 1),
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: 'Name must be unique within a namespace.',
      priority: 1,
      value: (event) => event.metadata.name,
    },
  ],
};

function firstSeen(event: Event, now: Date): string {
  return ageOf(event.firstTimestamp ?? event.eventTime, now);
}

function lastSeen(event: Event, now: Date): string {
  if (event.series) return ageOf(event.series.lastObservedTime, now);
  return event.lastTimestamp ? ageOf(event.lastTimestamp, now) : firstSeen(event, now);
}

function objectText({ involvedObject }: Event): string {
  const kind = (involvedObject.kind ?? '').toLowerCase();
  return involvedObject.name ? `${kind}/${involvedObject.name}` : kind;
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent;
  const host = source?.host || reportingInstance;
  return host ? `${component}, ${host}` : component;
}

/** Events live in the namespace of their object; those of cluster-scoped objects in `default`. */
function validateEvent(event: Event): FieldError[] {
  const { namespace = '' } = event.metadata;
  const about = event.involvedObject.namespace ?? '';
  if (about === namespace || (about === '' && namespace === 'default')) return [];
  const path = FieldPath.of('involvedObject').child('namespace');
  return [invalidValue(path, about, 'does not match event.namespace')];
}
