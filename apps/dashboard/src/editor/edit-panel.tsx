import { type ReactNode, useState } from 'react';
import { useAccess } from '../api/use-access.ts';
import { parseEdit } from './edit-link.ts';
import { ObjectPicker } from './object-picker.tsx';
import { YamlPane } from './yaml-pane.tsx';
import { ObjectYaml } from './yaml-panel.tsx';

/** Where a new text begins. */
const example = `# One object, or several separated by ---
`;

/** What `?edit=` names: a new text, or any object of the API. */
export default function EditPanel({ edit }: { readonly edit: string }): ReactNode {
  const target = parseEdit(edit);
  return target ? <ObjectYaml target={target} title={`${target.resource}/${target.name}`} /> : <NewYaml />;
}

function NewYaml(): ReactNode {
  const [outcome, setOutcome] = useState('');
  const access = useAccess({ verb: 'create', resource: 'pods', namespace: 'default' });
  return (
    <section className="yaml-view" aria-label="New YAML">
      <div className="panel-title">
        <h2>Create or apply</h2>
        <span className="yaml-done" role="status">
          {outcome}
        </span>
      </div>
      <ObjectPicker />
      {access?.reason ? (
        <p className="muted">{access.reason}</p>
      ) : (
        <YamlPane label="YAML to create or apply" text={example} onApplied={setOutcome} />
      )}
    </section>
  );
}
