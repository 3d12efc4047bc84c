/** Limits of what is kept for pages that resume: whichever is reached first. */
const maxFrames = 800;
const maxCharacters = 8 * 1024 * 1024;

/**
 * The last delta frames, by the revision they lead to. A frame holds whole objects as they were at its revision, so one
 * that overlaps with what a page has already seen does no harm.
 */
export class FrameLog {
  #frames: { readonly revision: number; readonly text: string }[] = [];
  #characters = 0;
  /** Frames after this revision are all there. */
  #completeSince = Number.POSITIVE_INFINITY;

  /** Forgets everything; frames from `revision` on will be appended. */
  reset(revision: number): void {
    this.#frames = [];
    this.#characters = 0;
    this.#completeSince = revision;
  }

  append(revision: number, text: string): void {
    this.#frames.push({ revision, text });
    this.#characters += text.length;
    while (this.#frames.length > maxFrames || (this.#characters > maxCharacters && this.#frames.length > 1)) {
      const dropped = this.#frames.shift();
      if (!dropped) return;
      this.#characters -= dropped.text.length;
      this.#completeSince = dropped.revision;
    }
  }

  /** The frames a page at `revision` has missed, in order; undefined where some are no longer there. */
  after(revision: number): string[] | undefined {
    if (!Number.isSafeInteger(revision) || revision < this.#completeSince) return undefined;
    return this.#frames.filter((frame) => frame.revision > revision).map((frame) => frame.text);
  }
}
