import type {
  ContainerInspection,
  ImageLayer,
  KernelFact,
  NamespaceInspection,
  PodInspection,
  StartPhase,
} from '@gantry/api-types';
import { columns, megabytes, others, shortDigest } from './text-parts.ts';

/** An inspection for people: one line a thing, headings without indent. Pure. */
export function podInspectionText(inspection: PodInspection): readonly string[] {
  const { metadata, nodeName, cgroupVersion, containers, podFiles, phases, unread } = inspection;
  return [
    `Pod ${metadata.namespace}/${metadata.name} on node ${nodeName} (cgroups version ${cgroupVersion})`,
    ...section('Start', phaseLines(phases)),
    ...section('Cgroup of the pod', factLines(podFiles)),
    ...containers.flatMap(containerLines),
    ...section(
      'Not read',
      unread.map(({ what, reason }) => `  ${what}: ${reason}`),
    ),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function containerLines(container: ContainerInspection): readonly string[] {
  const { name, kind, id, state, pid, image, writableBytes } = container;
  const process = pid === undefined ? '' : `, process ${pid} of the host`;
  return [
    ...section(`Container ${name} (${kind}, ${state}${process})`, [`  id ${id.slice(0, 12)}`]),
    ...section('  Namespaces', columns(container.namespaces.map(namespaceRow), '    ')),
    ...section('  Cgroup files', factLines(container.files, '    ')),
    ...section('  Users, capabilities, filters', factLines(container.security, '    ')),
    ...section('  Processes', processLines(container)),
    ...(image
      ? section(
          `  Image ${image.names[0] ?? shortDigest(image.id)}, ${megabytes(image.sizeBytes)}`,
          layerLines(image.layers),
        )
      : []),
    ...(writableBytes === undefined ? [] : [`    written on top of it: ${megabytes(writableBytes)}`]),
  ];
}

function namespaceRow({ kind, link, isHost, sharedWith, sharedCount }: NamespaceInspection): readonly string[] {
  const inode = /\[(\d+)\]/.exec(link)?.[1] ?? link;
  if (isHost) return [kind, inode, "the host's"];
  const names = sharedWith.map(({ pod, container }) => (pod === undefined ? container : `${pod} ${container}`));
  return [kind, inode, sharedCount === 0 ? 'its own' : `shared with ${others(names, sharedCount)}`];
}

const agreement = { true: 'as declared', false: 'DIFFERS' } as const;

function factLines(facts: readonly KernelFact[], indent = '  '): readonly string[] {
  const rows = facts.map(({ name, text, meaning, declared }) => {
    const shown = text.includes('\n') ? text.split('\n').join(', ') : text || '(empty)';
    const read = meaning === undefined || meaning === text ? shown : `${shown} (${meaning})`;
    if (!declared) return [name, read];
    const said = `${declared.field}: ${declared.value ?? 'not set'}`;
    const verdict = agreement[`${declared.agrees}`];
    return [
      name,
      read,
      declared.agrees ? `${verdict}, ${said}` : `${verdict} from ${said}, expected ${declared.expected}`,
    ];
  });
  // Long lines stand at the end of their own row and must not widen the others'.
  const [short, long] = [
    rows.filter(([, read = '']) => read.length <= 40),
    rows.filter(([, read = '']) => read.length > 40),
  ];
  return [...columns(short, indent), ...columns(long, indent)];
}

function processLines({ processes }: ContainerInspection): readonly string[] {
  if (processes.items.length === 0) return [];
  const rows = processes.items.map((each) => [
    String(each.pid),
    String(each.innerPid),
    String(each.parentPid),
    each.state,
    String(each.uid),
    String(each.threads),
    megabytes(each.residentBytes),
    each.command,
  ]);
  const more = processes.count - processes.items.length;
  return [
    ...columns([['PID', 'INSIDE', 'PARENT', 'STATE', 'UID', 'THREADS', 'MEMORY', 'PROGRAM'], ...rows], '    '),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function layerLines(layers: readonly ImageLayer[]): readonly string[] {
  const rows = layers.map(({ diffId, sizeBytes, createdBy, sharedWith, sharedCount }) => [
    shortDigest(diffId),
    megabytes(sizeBytes),
    sharedCount === 0 ? 'only here' : `shared with ${others(sharedWith.slice(0, 3), sharedCount)}`,
    (createdBy ?? '').slice(0, 60),
  ]);
  return columns(rows, '    ');
}

const barWidth = 32;

/** The phases as a waterfall: where each lay between the first's beginning and the last's end. */
function phaseLines(phases: readonly StartPhase[]): readonly string[] {
  const from = Math.min(...phases.map(({ startedAt }) => startedAt));
  const to = Math.max(...phases.map(({ startedAt, durationMs }) => startedAt + durationMs));
  const scale = barWidth / Math.max(1, to - from);
  const rows = phases.map(({ phase, container, startedAt, durationMs, source }) => {
    const offset = Math.min(barWidth - 1, Math.floor((startedAt - from) * scale));
    const length = Math.max(1, Math.min(barWidth - offset, Math.round(durationMs * scale)));
    const took = source === 'conditions' ? `${durationMs / 1000} s (whole seconds)` : `${durationMs} ms`;
    return [phase, container ?? '', `|${`${' '.repeat(offset)}${'#'.repeat(length)}`.padEnd(barWidth)}|`, took];
  });
  return columns(rows);
}
