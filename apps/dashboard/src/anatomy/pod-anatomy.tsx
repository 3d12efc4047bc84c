import type { ContainerInspection, PodInspection } from '@gantry/api-types';
import type { ReactNode } from 'react';
import { agreementWords, formatMegabytes } from './anatomy-view.ts';
import { FactsTable } from './facts-table.tsx';
import { ImageLayers } from './image-layers.tsx';
import { NamespacesTable } from './namespaces-table.tsx';
import { ProcessTable } from './process-table.tsx';
import { ReadingHead } from './reading-head.tsx';
import { useInspection } from './use-inspection.ts';
import { Waterfall } from './waterfall.tsx';

/** A pod's start and its containers, as its node's agent has read them. */
export function PodAnatomy({ namespace, name }: { readonly namespace: string; readonly name: string }): ReactNode {
  const inspected = useInspection<PodInspection>('podinspections', name, namespace);
  const { data } = inspected;
  return (
    <div className="anatomy">
      <ReadingHead title={`What ${name} is made of`} inspected={inspected} />
      {data && (
        <>
          <Waterfall phases={data.phases} />
          {data.containers.length === 0 && <p className="empty">It has no container on its node.</p>}
          {data.containers.map((container, index) => (
            <Container key={container.id} container={container} isOpen={index === 0 || container.kind === 'regular'} />
          ))}
          {data.podFiles.length > 0 && (
            <Section title="Cgroup of the pod" note={agreementWords(data.podFiles)}>
              <FactsTable caption="Files of the pod’s cgroup" facts={data.podFiles} />
            </Section>
          )}
        </>
      )}
    </div>
  );
}

interface ContainerProps {
  readonly container: ContainerInspection;
  readonly isOpen: boolean;
}

function Container({ container, isOpen }: ContainerProps): ReactNode {
  const { name, kind, state, pid, namespaces, files, security, processes, image, writableBytes } = container;
  const what = kind === 'sandbox' ? 'The container that holds the pod’s namespaces' : `Container ${name}`;
  return (
    <details className="anatomy-container" open={isOpen} data-container={name}>
      <summary>
        <h3>{what}</h3>
        <span className="muted">
          {state}
          {pid !== undefined && `, process ${pid} of the host`}
        </span>
      </summary>
      {namespaces.length > 0 && (
        <Section title="Namespaces">
          <NamespacesTable namespaces={namespaces} />
        </Section>
      )}
      {files.length > 0 && (
        <Section title="Cgroup files" note={agreementWords(files)}>
          <FactsTable caption={`Cgroup files of ${name}`} facts={files} />
        </Section>
      )}
      {security.length > 0 && (
        <Section title="User, capabilities, filters" note={agreementWords(security)}>
          <FactsTable caption={`User and capabilities of ${name}`} facts={security} />
        </Section>
      )}
      {image && (
        <Section title="Image">
          <ImageLayers image={image} />
          {writableBytes !== undefined && (
            <p className="muted">Written on top of it: {formatMegabytes(writableBytes)}.</p>
          )}
        </Section>
      )}
      {processes.items.length > 0 && (
        <Section title="Processes">
          <ProcessTable processes={processes} />
        </Section>
      )}
    </details>
  );
}

interface SectionProps {
  readonly title: string;
  readonly note?: string;
  readonly children: ReactNode;
}

function Section({ title, note, children }: SectionProps): ReactNode {
  return (
    <section className="anatomy-section">
      <h4>{title}</h4>
      {note && <p className="muted">{note}</p>}
      {children}
    </section>
  );
}
