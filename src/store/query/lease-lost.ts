/** The instance no longer holds the lease that the write needed. Nothing was written. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  readonly lease: string;

  constructor(lease: string) {
    super(`this instance no longer holds the lease ${lease}`);
    this.lease = lease;
  }
}
