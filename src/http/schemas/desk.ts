import { z } from 'zod';
import type { InstanceView } from '../../core/contract/instance-view.ts';
import {
  type ActionView,
  type ClusterView,
  type FreezeView,
  type QueueView,
  type RegistryView,
  STORE_REASONS,
  type StoreView,
} from '../../core/contract/views.ts';
import { type HookSecretView, type SenderView } from '../../core/contract/delivery-views.ts';
import type { FreezeRequest } from '../ports/ports.ts';
import { givenTime } from './list.ts';
import { time } from './service.ts';

const LONGEST_NAME = 255;
const LONGEST_REASON = 1000;

export const ClusterSchema: z.ZodType<ClusterView> = z
  .object({
    name: z.string(),
    type: z.enum(['engine', 'swarmpit']),
    state: z.enum(['up', 'down', 'unknown']),
    description: z.string().nullable(),
    problem: z.string().nullable(),
    checkedAt: time.nullable(),
    capabilities: z.object({
      setsDigest: z.boolean(),
      goesBackTo: z.enum(['any-digest', 'previous-spec']),
      deploysOci: z.boolean(),
      tellsTasks: z.boolean(),
      tellsContainers: z.boolean(),
      givesLogs: z.boolean(),
    }),
  })
  .meta({ id: 'Cluster' });

export const StoreSchema: z.ZodType<StoreView> = z
  .object({
    state: z.enum(['writable', 'not-writable']),
    reason: z.enum(STORE_REASONS).nullable(),
    detail: z.string().nullable(),
    since: time.nullable().describe('Since when it cannot be written.'),
  })
  .meta({ id: 'Store' });

export const InstanceSchema: z.ZodType<InstanceView> = z
  .object({
    id: z.string(),
    host: z.string(),
    version: z.string(),
    startedAt: time,
    seenAt: time.describe('When it last renewed its heartbeat.'),
    state: z.enum(['alive', 'gone']),
    isSelf: z.boolean().describe('Whether it gave this answer.'),
    leases: z
      .array(z.object({ name: z.string(), since: time, epoch: z.int() }))
      .describe('What it works on.'),
  })
  .meta({ id: 'Instance' });

export const RegistrySchema: z.ZodType<RegistryView> = z
  .object({
    host: z.string(),
    quota: z.object({ limit: z.int(), remaining: z.int(), windowSeconds: z.int() }).nullable(),
    askedAt: time.nullable(),
    problem: z.string().nullable(),
  })
  .meta({ id: 'Registry' });

export const QueueSchema: z.ZodType<QueueView> = z
  .object({
    cluster: z.string(),
    checksWaiting: z.int(),
    oldestCheckAgeSeconds: z.number().nullable(),
    pushesWaiting: z.int(),
    oldestPushAgeSeconds: z.number().nullable(),
    deployments: z.object({ queued: z.int(), updating: z.int(), verifying: z.int() }),
  })
  .meta({ id: 'Queue' });

const names = z.array(z.string()).readonly().nullable();

export const HookSecretSchema: z.ZodType<HookSecretView> = z
  .object({
    name: z.string(),
    senders: names,
    clusters: names,
    repositories: names,
    lastUsedAt: time.nullable(),
    deliveries: z.int().describe('That it let in and that are kept.'),
  })
  .meta({ id: 'HookSecret' });

export const SenderSchema: z.ZodType<SenderView> = z
  .object({
    sender: z.string(),
    place: z.string().describe('Where to paste its address.'),
    signs: z.boolean().describe('Whether it can sign: then its address needs no secret.'),
    address: z.string().describe('With the placeholder `{secret}`.'),
  })
  .meta({ id: 'Sender' });

export const FreezeSchema: z.ZodType<FreezeView> = z
  .object({
    id: z.string(),
    cluster: z.string().nullable(),
    stack: z.string().nullable(),
    service: z.string().nullable(),
    reason: z.string(),
    by: z.string(),
    since: time,
    until: time.nullable(),
  })
  .meta({ id: 'Freeze' });

const name = z.string().min(1).max(LONGEST_NAME).nullable().default(null);

export const FreezeRequestSchema = z
  .strictObject({
    cluster: name,
    stack: name,
    service: name,
    reason: z.string().min(1).max(LONGEST_REASON),
    until: givenTime.nullable().default(null),
  })
  .meta({ id: 'FreezeRequest' }) satisfies z.ZodType<FreezeRequest>;

export const ActionSchema: z.ZodType<ActionView> = z
  .object({
    id: z.string(),
    at: time,
    actor: z.string(),
    address: z.string().nullable(),
    action: z.string(),
    target: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Action' });
