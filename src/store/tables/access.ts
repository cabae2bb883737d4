export type ActionRow = {
  id: string;
  at: number;
  actor: string;
  address: string | null;
  action: string;
  target: string;
  /** JSON object. */
  detail: string;
};

/** An idempotency key, and the answer once there is one. */
export type RequestKeyRow = {
  actor: string;
  key: string;
  /** Digest of the whole request. */
  request: string;
  /** Null until it was answered. */
  status: number | null;
  body: string | null;
  created_at: number;
};

/** A sign-in with a token. It reveals neither the session's id nor any part of the token. */
export type SessionRow = {
  /** Digest of the id. */
  id_hash: string;
  /** Name of the token. */
  token: string;
  /** Binds the session to the token's value. */
  fingerprint: string;
  created_at: number;
  used_at: number;
};
