/** Why a document is no object of its kind, in the words of Go's JSON decoder. Never leaves this folder. */
export class DecodeFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DecodeFailure';
  }
}
