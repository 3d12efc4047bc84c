import { fetchSchemas } from '../api/documents.ts';
import type { SchemaSet } from './schema.ts';

interface OpenApiDocument {
  readonly components?: SchemaSet;
}

/** The schemas that an editor's text needs, fetched as its `apiVersion`s appear. */
export class Schemas {
  readonly #sets = new Map<string, SchemaSet>();
  readonly #asked = new Set<string>();
  readonly #onArrival: () => void;

  constructor(onArrival: () => void) {
    this.#onArrival = onArrival;
  }

  readonly lookup = (apiVersion: string): SchemaSet | undefined => this.#sets.get(apiVersion);

  /** Without the schema of a version nothing of it is checked here: the API's dry run does it all the same. */
  need(text: string): void {
    for (const [, apiVersion = ''] of text.matchAll(/^apiVersion: *"?([^"#\s]+)/gm)) {
      if (this.#asked.has(apiVersion)) continue;
      this.#asked.add(apiVersion);
      fetchSchemas<OpenApiDocument>(apiVersion).then(
        (document) => {
          if (!document?.components) return;
          this.#sets.set(apiVersion, document.components);
          this.#onArrival();
        },
        () => this.#asked.delete(apiVersion),
      );
    }
  }
}
