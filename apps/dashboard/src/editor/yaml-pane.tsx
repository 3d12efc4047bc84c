import { type ReactNode, useEffect, useRef, useState } from 'react';
import { failureWords } from '../api/refusal.ts';
import { count } from '../format.ts';
import {
  applyWrites,
  ConflictingEdit,
  comparison,
  DocumentRefusal,
  documentsOf,
  dryRunWrites,
  type PlannedWrite,
  planWrites,
} from './apply-plan.ts';
import { openComparison, openEditor, type YamlEditor } from './code-view.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import './editor.css';
import { fieldsInMessage, rangeOfField } from './field-path.ts';
import { Schemas } from './schemas.ts';

export interface YamlPaneProps {
  readonly label: string;
  readonly text: string;
  /** The object that the text is of; absent for new ones. */
  readonly loaded?: Record<string, unknown>;
  /** Why nothing can be applied; absent where it can. */
  readonly whyReadOnly?: string | undefined;
  /** Something was applied, in words: what the text is of is no longer as it was loaded. */
  readonly onApplied: (words: string) => void;
  readonly onReload?: () => void;
}

type Step =
  | { readonly kind: 'editing'; readonly message?: string; readonly isBad?: boolean }
  | { readonly kind: 'busy'; readonly message: string }
  | { readonly kind: 'conflict'; readonly conflict: ConflictingEdit }
  | {
      readonly kind: 'comparing';
      readonly writes: readonly PlannedWrite[];
      readonly before: string;
      readonly after: string;
    };

/** Edit, then see what the API would make of it, then apply. */
export function YamlPane(props: YamlPaneProps): ReactNode {
  const { whyReadOnly } = props;
  const host = useRef<HTMLDivElement>(null);
  const [step, setStep] = useState<Step>({ kind: 'editing' });
  const editor = useYamlEditor(host, props, () => setStep({ kind: 'editing' }));
  const compare = (): void => {
    const text = editor.current?.text ?? '';
    setStep({ kind: 'busy', message: 'Asking the API…' });
    prepare(text, props.loaded).then(setStep, (failure: unknown) =>
      setStep(refusedStep(failure, text, editor.current)),
    );
  };
  const apply = (writes: readonly PlannedWrite[]): void => {
    const done: string[] = [];
    const text = editor.current?.text ?? '';
    setStep({ kind: 'busy', message: 'Applying…' });
    applyWrites(writes, ({ what, verb }) => done.push(`${what} ${verb === 'create' ? 'created' : 'changed'}`)).then(
      () => {
        setStep({ kind: 'editing' });
        props.onApplied(`${done.join(', ')}.`);
      },
      (failure: unknown) => {
        const refused = refusedStep(failure, text, editor.current);
        const before = done.length > 0 ? `${done.join(', ')}; then: ` : '';
        setStep(refused.kind === 'editing' ? { ...refused, message: before + refused.message } : refused);
      },
    );
  };
  const isComparing = step.kind === 'comparing';
  return (
    <>
      <div className="yaml-bar">
        {whyReadOnly === undefined && !isComparing && (
          <button type="button" className="button button-primary" disabled={step.kind === 'busy'} onClick={compare}>
            Check and compare
          </button>
        )}
        {isComparing && (
          <>
            <button type="button" className="button button-primary" onClick={() => apply(step.writes)}>
              Apply {step.writes.length > 1 ? count(step.writes.length, 'object') : ''}
            </button>
            <button type="button" className="button" onClick={() => setStep({ kind: 'editing' })}>
              Back to the text
            </button>
          </>
        )}
        {!isComparing && props.onReload && (
          <button type="button" className="button" onClick={props.onReload}>
            Reload
          </button>
        )}
        <span className="muted">
          {whyReadOnly ?? (isComparing ? compareWords(step.writes) : 'Ctrl+Space completes; Tab leaves the editor')}
        </span>
      </div>
      <p className={step.kind === 'editing' && step.isBad ? 'yaml-outcome error' : 'yaml-outcome'} role="status">
        {step.kind === 'busy' || step.kind === 'editing' ? step.message : ''}
      </p>
      {step.kind === 'conflict' && (
        <ConflictNotice
          conflict={step.conflict}
          onReload={props.onReload}
          onBack={() => setStep({ kind: 'editing' })}
        />
      )}
      <div ref={host} className="yaml-host" hidden={isComparing} />
      {isComparing && <Comparison before={step.before} after={step.after} />}
    </>
  );
}

/** The editor, opened once; the pane is mounted anew for another text. */
function useYamlEditor(
  host: { readonly current: HTMLDivElement | null },
  { label, text, whyReadOnly }: YamlPaneProps,
  onChange: () => void,
): { readonly current: YamlEditor | undefined } {
  const editor = useRef<YamlEditor>(undefined);
  const changed = useRef(onChange);
  changed.current = onChange;
  const isReadOnly = whyReadOnly !== undefined;
  useEffect(() => {
    if (!host.current) return;
    const schemas = new Schemas(() => editor.current?.check());
    const opened = openEditor({
      host: host.current,
      text,
      label,
      isReadOnly,
      lookup: schemas.lookup,
      onChange(now) {
        schemas.need(now);
        changed.current();
      },
    });
    editor.current = opened;
    schemas.need(text);
    return () => opened.close();
  }, [host, label, text, isReadOnly]);
  return editor;
}

function Comparison({ before, after }: { readonly before: string; readonly after: string }): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const view = openComparison(host.current, { before, after });
    return () => view.close();
  }, [before, after]);
  return <div ref={host} className="yaml-host" data-comparison="" />;
}

async function prepare(text: string, loaded: Record<string, unknown> | undefined): Promise<Step> {
  const documents = documentsOf(text);
  if (documents.some(({ errors }) => errors.length > 0)) return bad('The text is no valid YAML: see the marks in it.');
  if (documents.length === 0) return bad('There is nothing to apply.');
  const writes = await planWrites(documents, loaded);
  if (writes.length === 0) return { kind: 'editing', message: 'Nothing was changed.' };
  const results = await dryRunWrites(writes);
  return { kind: 'comparing', writes, ...comparison(writes, results) };
}

/** Marks the fields that the refusal names, in the document it is about. */
function refusedStep(failure: unknown, text: string, editor: YamlEditor | undefined): Step {
  if (failure instanceof ConflictingEdit) return { kind: 'conflict', conflict: failure };
  if (!(failure instanceof DocumentRefusal)) return bad(failureWords(failure));
  const { refusal } = failure;
  const document = documentsOf(text)[failure.document];
  const causes = refusal.causes.length > 0 ? refusal.causes : fieldsInMessage(refusal.message);
  if (document) {
    const named = causes.length > 0 ? causes : [{ field: '', message: refusal.message }];
    editor?.mark(
      named.flatMap(({ field = '', message }) => {
        const range = rangeOfField(document, field);
        return range ? [{ ...range, message: field ? `${field}: ${message}` : message }] : [];
      }),
    );
  }
  return bad(refusal.message);
}

function bad(message: string): Extract<Step, { kind: 'editing' }> {
  return { kind: 'editing', message, isBad: true };
}

function compareWords(writes: readonly PlannedWrite[]): string {
  return `The API accepts it. ${writes.map(({ what, verb }) => `${what} is ${verb === 'create' ? 'created' : 'changed'}`).join(', ')}.`;
}
