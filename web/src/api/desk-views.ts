/** A hook secret by its name; its value never leaves the helper. Null limits nothing. */
export type HookSecretView = {
  readonly name: string;
  readonly senders: readonly string[] | null;
  readonly clusters: readonly string[] | null;
  readonly repositories: readonly string[] | null;
  readonly lastUsedAt: string | null;
  readonly deliveries: number;
};

/** Where a sender wants the address, which has `{secret}` in place of the secret. */
export type SenderView = {
  readonly sender: string;
  readonly place: string;
  readonly signs: boolean;
  readonly address: string;
};

/** What waits on a cluster. */
export type QueueView = {
  readonly cluster: string;
  readonly looksWaiting: number;
  readonly oldestLookAgeSeconds: number | null;
  readonly pushesWaiting: number;
  readonly oldestPushAgeSeconds: number | null;
  readonly deployments: {
    readonly queued: number;
    readonly updating: number;
    readonly verifying: number;
  };
};
