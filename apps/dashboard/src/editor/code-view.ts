import { autocompletion, type CompletionContext, closeBrackets, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, linter, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { documentsOf } from './apply-plan.ts';
import { checkDocument, type SchemaLookup } from './check.ts';
import { completionsAt, describeAt } from './completions.ts';

export interface EditorOptions {
  readonly host: HTMLElement;
  readonly text: string;
  readonly label: string;
  readonly isReadOnly: boolean;
  readonly lookup: SchemaLookup;
  readonly onChange: (text: string) => void;
}

/** An editor on the page. */
export interface YamlEditor {
  readonly text: string;
  setText(text: string): void;
  /** Marks what the API refused; the marks go with the next change. */
  mark(problems: readonly { from: number; to: number; message: string }[]): void;
  /** Checks again: schemas have arrived. */
  check(): void;
  focus(): void;
  close(): void;
}

/** Opens a YAML editor that checks, completes and explains by the schemas of `lookup`. Tab leaves it, as it leaves any field. */
export function openEditor(options: EditorOptions): YamlEditor {
  const { lookup } = options;
  // What the API said holds until the text is another; the schema's own checks come and go beside it.
  let refused: readonly Diagnostic[] = [];
  const diagnose = (view: EditorView): Diagnostic[] => {
    const text = view.state.doc.toString();
    const found = documentsOf(text).flatMap((document) =>
      checkDocument(document, lookup).map((problem) => ({ ...problem, ...within(problem, text.length) })),
    );
    return [...found, ...refused];
  };
  const view = new EditorView({
    parent: options.host,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        ...shared(options.label),
        lineNumbers(),
        foldGutter(),
        history(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        lintGutter(),
        linter(diagnose, { delay: 300 }),
        autocompletion({ override: [(context) => complete(context, lookup)] }),
        explain(lookup),
        keymap.of([
          ...defaultKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...searchKeymap,
          ...completionKeymap,
          ...lintKeymap,
        ]),
        EditorState.readOnly.of(options.isReadOnly),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          refused = [];
          options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    mark(problems) {
      const { length } = view.state.doc;
      refused = problems.map(
        (one): Diagnostic => ({ ...one, ...within(one, length), severity: 'error', source: 'API' }),
      );
      view.dispatch(setDiagnostics(view.state, diagnose(view)));
      const [first] = refused;
      if (first) view.dispatch({ selection: { anchor: first.from }, scrollIntoView: true });
    },
    check: () => view.dispatch(setDiagnostics(view.state, diagnose(view))),
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
}

/** Shows what would change: the new text, with what goes and what comes. */
export function openComparison(host: HTMLElement, texts: { before: string; after: string }): { close(): void } {
  const view = new EditorView({
    parent: host,
    state: EditorState.create({
      doc: texts.after,
      extensions: [
        ...shared('What would change'),
        lineNumbers(),
        EditorState.readOnly.of(true),
        unifiedMergeView({
          original: texts.before,
          mergeControls: false,
          gutter: true,
          highlightChanges: true,
          collapseUnchanged: { margin: 3, minSize: 6 },
        }),
      ],
    }),
  });
  return { close: () => view.destroy() };
}

function shared(label: string): Extension[] {
  return [
    yaml(),
    syntaxHighlighting(highlightStyle),
    EditorView.theme({
      '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--ground)' },
      '.cm-scroller': { fontFamily: 'var(--mono)', fontSize: '12px', lineHeight: '19px' },
      '.cm-content': { caretColor: 'var(--text)' },
      '.cm-gutters': { color: 'var(--muted)', backgroundColor: 'var(--ground)', borderRight: '1px solid var(--line)' },
    }),
    // A tab stop by itself, so that what is longer than the window can be scrolled without a mouse.
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
  ];
}

const highlightStyle = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--code-key)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-text)' },
  { tag: [tags.comment, tags.meta], color: 'var(--muted)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--code-value)' },
]);

function complete(context: CompletionContext, lookup: SchemaLookup) {
  const found = completionsAt(context.state.doc.toString(), context.pos, lookup);
  if (!found || (!context.explicit && found.from === context.pos)) return null;
  return { from: found.from, options: [...found.options], validFor: /^[\w.$/-]*$/ };
}

function explain(lookup: SchemaLookup): Extension {
  return hoverTooltip((view, position) => {
    const words = describeAt(view.state.doc.toString(), position, lookup);
    if (!words) return null;
    const dom = document.createElement('div');
    dom.className = 'yaml-help';
    dom.textContent = words;
    return { pos: position, above: true, create: () => ({ dom }) };
  });
}

function within(
  { from, to }: { readonly from: number; readonly to: number },
  length: number,
): { from: number; to: number } {
  const start = Math.min(from, length);
  return { from: start, to: Math.min(Math.max(to, start), length) };
}
