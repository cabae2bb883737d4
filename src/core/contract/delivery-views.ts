import type { PushOutcome } from '../check/conclude-check.ts';
import type { Page } from './views.ts';

/** One push of a delivery, and its outcome on each cluster. */
export type PushView = {
  readonly image: string;
  readonly digest?: string;
  readonly results: readonly {
    readonly cluster: string;
    /** `waiting` while the registry may still catch up with the webhook, or the cluster is unreachable. */
    readonly state: 'waiting' | 'done';
    readonly outcome: PushOutcome | null;
    /** One line for a person. */
    readonly detail: string | null;
    readonly endedAt: string | null;
  }[];
};

export type DeliveryView = {
  readonly id: string;
  readonly receivedAt: string;
  readonly sender: string;
  /** Name of the secret that admitted it, never the secret itself. */
  readonly secret: string;
  readonly address: string;
  readonly status: number;
  readonly pushes: readonly PushView[];
  readonly ignored: readonly { readonly reason: string; readonly about?: string }[];
  readonly duplicateOf: string | null;
  /** Ids of the deployments that it led to. */
  readonly deployments: readonly string[];
};

/** A page of deliveries, and how many deliveries without a push were left out. */
export type DeliveryPage = Page<DeliveryView> & { readonly ignored: number };

/** One delivery with its content, secrets removed. The body is null if nothing in it counted. */
export type DeliveryDetail = DeliveryView & {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

/** A webhook secret by its name, never its value; null limits nothing. */
export type HookSecretView = {
  readonly name: string;
  readonly senders: readonly string[] | null;
  readonly clusters: readonly string[] | null;
  readonly repositories: readonly string[] | null;
  readonly lastUsedAt: string | null;
  /** Number of stored deliveries that it admitted. */
  readonly deliveries: number;
};

/** A kind of sender, and what to paste where. */
export type SenderView = {
  readonly sender: string;
  readonly place: string;
  /** Whether it can sign with the secret. Then its address does not need the secret. */
  readonly signs: boolean;
  /** With the placeholder `{secret}`. */
  readonly address: string;
};
