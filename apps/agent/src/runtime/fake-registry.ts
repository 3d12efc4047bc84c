import { type ImageDetails, type PullOptions, RuntimeError } from './container-runtime.ts';

/** What registries answer to a {@link FakeRuntime}. Images that it was not told of cannot be reached. */
export class FakeRegistry {
  /** Pulls so far. */
  pulls = 0;
  /** Sees every pull when it begins. */
  onPull: (reference: string, options: PullOptions) => void = () => undefined;
  /** Pulls end when this does. */
  gate: Promise<void> = Promise.resolve();
  readonly #images = new Map<string, Partial<ImageDetails> | RuntimeError>();
  readonly #passwords = new Map<string, string>();

  /** Has an image, for those who know the password where there is one. */
  put(reference: string, answer: Partial<ImageDetails> | RuntimeError, password?: string): void {
    this.#images.set(reference, answer);
    if (password !== undefined) this.#passwords.set(reference, password);
  }

  async pull(reference: string, options: PullOptions): Promise<Partial<ImageDetails>> {
    this.pulls += 1;
    this.onPull(reference, options);
    await this.gate;
    const answer = this.#images.get(reference);
    if (!answer) throw new RuntimeError('registryUnreachable', `dial tcp: lookup ${reference}: no such host`);
    if (answer instanceof RuntimeError) throw answer;
    const password = this.#passwords.get(reference);
    if (password === undefined || options.auth?.password === password) return answer;
    throw new RuntimeError('pullRefused', `pull access denied for ${reference}: unauthorized`);
  }
}
