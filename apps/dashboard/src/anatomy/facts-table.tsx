import type { DeclaredValue, KernelFact } from '@gantry/api-types';
import type { ReactNode } from 'react';

interface FactsTableProps {
  readonly caption: string;
  readonly facts: readonly KernelFact[];
}

/** What files of the kernel say, beside what the YAML says, with a mark where they agree. */
export function FactsTable({ caption, facts }: FactsTableProps): ReactNode {
  return (
    <table className="anatomy-table">
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col">As read</th>
          <th scope="col">Declared</th>
        </tr>
      </thead>
      <tbody>
        {facts.map(({ path, name, text, meaning, declared }) => (
          <tr key={`${path} ${name}`} data-fact={name}>
            <th scope="row" title={path}>
              <span className="mono">{name}</span>
              <small className="anatomy-path">{path}</small>
            </th>
            <td>
              <span className="mono anatomy-text">{text || '(empty)'}</span>
              {meaning !== undefined && meaning !== text && <small>{meaning}</small>}
            </td>
            <td>{declared && <Declared declared={declared} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Declared({ declared }: { readonly declared: DeclaredValue }): ReactNode {
  const { field, value, expected, agrees } = declared;
  return (
    <>
      <span className={agrees ? 'anatomy-agrees' : 'anatomy-differs'} data-agrees={agrees}>
        <span aria-hidden="true">{agrees ? '✓ ' : '✗ '}</span>
        {value ?? 'not set'}
        <span className="visually-hidden">{agrees ? ', as read' : ', not as read'}</span>
      </span>
      <small>{field}</small>
      {!agrees && <small>expected {expected}</small>}
    </>
  );
}
