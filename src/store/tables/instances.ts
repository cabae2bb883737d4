export type SettingRow = { key: string; value: string };

/** See {@link keepLeases}. */
export type LeaseRow = {
  name: string;
  /** An instance; null if nobody works on it. */
  holder: string | null;
  /** Increases with each holder: a fencing token. */
  epoch: number;
  /** When the holder took it, or the last one released it. */
  since: number;
  /** When it ends unless it is renewed; null if it has no end. */
  until: number | null;
};

export type InstanceRow = {
  id: string;
  host: string;
  version: string;
  started_at: number;
  seen_at: number;
};
