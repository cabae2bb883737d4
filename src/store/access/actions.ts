import type { PageRequest } from '../../core/contract/list-filters.ts';
import type { ActionView, Page } from '../../core/contract/views.ts';
import { cutPage } from '../query/cut-page.ts';
import { readJson, rfc3339 } from '../query/json.ts';
import type { Db, Query } from '../sqlite/open-store.ts';

export type NewAction = {
  readonly id: string;
  readonly actor: string;
  /** The client's address, if known. */
  readonly address?: string | null;
  /** What was done, for example `redeploy`. */
  readonly action: string;
  /** The target, for example `production/web`. */
  readonly target: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

export const recordAction = async (query: Query, action: NewAction, now: number): Promise<void> => {
  const { id, actor, address = null, target } = action;
  const detail = JSON.stringify(action.detail);
  await query
    .insertInto('actions')
    .values({ id, at: now, actor, address, action: action.action, target, detail })
    .execute();
};

/** Only what this person did, or what was done to one of these targets. */
export type ActionLimit = { readonly actor: string; readonly targets: readonly string[] };

/** Newest first. */
export const listActions = async (
  db: Db,
  page: PageRequest,
  limit?: ActionLimit,
): Promise<Page<ActionView>> => {
  let query = db.selectFrom('actions').selectAll();
  if (limit !== undefined) {
    const { actor, targets } = limit;
    query = query.where((eb) => eb.or([eb('actor', '=', actor), eb('target', 'in', targets)]));
  }
  if (page.after !== null) query = query.where('id', '<', page.after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
  const { shown, next } = cutPage(rows, page);
  return {
    items: shown.map((row) => ({
      id: row.id,
      at: rfc3339(row.at),
      actor: row.actor,
      address: row.address,
      action: row.action,
      target: row.target,
      detail: readJson(row.detail),
    })),
    next,
  };
};
