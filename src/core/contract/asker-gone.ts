/** Reason of a signal that ends an act: the connection of whoever asked closed before the answer. */
export class AskerGone extends Error {
  override readonly name = 'AskerGone';

  constructor() {
    super('the connection of whoever asked closed before the answer');
  }
}
