/** Reason of an abort signal: the client closed the connection before the answer. */
export class AskerGone extends Error {
  override readonly name = 'AskerGone';

  constructor() {
    super('the client closed the connection before the answer');
  }
}
