import type { Tables } from '../tables/tables.ts';

/** A table, and its key columns in the order of its index. */
export type CopiedTable = { readonly name: keyof Tables; readonly key: readonly string[] };

const table = (name: keyof Tables, ...key: readonly string[]): CopiedTable => ({ name, key });

/** Belongs to signed-in people and to sent messages: no backup contains it. */
export const LEFT_OUT_OF_BACKUPS = ['sessions', 'approval_links'] as const;

/** Written by a first start. A store with no more than that counts as empty. */
export const WRITTEN_BY_A_START: readonly string[] = ['settings', 'sessions'];

/** Belongs to the running helpers of one store, or to its present listeners: it is never copied. */
export const NEVER_COPIED: readonly string[] = [
  'events',
  'changes',
  'deployment_ends',
  'verified',
  'leases',
  'instances',
];

/** All persistent tables, each after those that it refers to. */
export const COPIED_TABLES: readonly CopiedTable[] = [
  table('settings', 'key'),
  table('deliveries', 'id'),
  table('ignored_counts', 'sender', 'secret', 'reason'),
  table('pushes', 'id'),
  table('push_results', 'push_id', 'cluster'),
  table('checks', 'id'),
  table('check_digests', 'check_id', 'digest'),
  table('check_services', 'check_id', 'service_id'),
  table('check_deployments', 'check_id', 'deployment_id'),
  table('index_members', 'member', 'digest'),
  table('look_work', 'id'),
  table('repositories', 'cluster', 'name'),
  table('published', 'name', 'tag'),
  table('seen_indexes', 'digest'),
  table('seen_digests', 'name', 'tag', 'digest'),
  table('waiting', 'cluster', 'service_id'),
  table('waiting_triggers', 'cluster', 'service_id', 'digest', 'kind', 'source'),
  table('approval_votes', 'cluster', 'service_id', 'digest', 'tag', 'spec_fingerprint', 'person'),
  table('approval_links', 'hash'),
  table('gate_news', 'id'),
  table('build_facts', 'digest'),
  table('unfit_images', 'digest'),
  table('deployments', 'id'),
  table('deployment_steps', 'id'),
  table('triggers', 'deployment_id', 'kind', 'source'),
  table('holds', 'id'),
  table('proven', 'cluster', 'service_id'),
  table('good_images', 'cluster', 'service_id', 'digest'),
  table('runs', 'id'),
  table('run_services', 'run_id', 'position'),
  table('run_plans', 'run_id'),
  table('actions', 'id'),
  table('freezes', 'id'),
  table('notifications', 'deployment_id'),
  table('notification_messages', 'id'),
  table('told_health', 'cluster', 'service_id', 'kind'),
  table('forge_ends', 'deployment_id'),
  table('forge_sources', 'image'),
  table('forge_reports', 'id'),
  table('forge_deployments', 'deployment_id'),
  table('forge_waiting', 'cluster', 'service_id', 'digest'),
  table('request_keys', 'actor', 'key'),
  table('sessions', 'id_hash'),
];
