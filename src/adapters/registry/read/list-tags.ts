import { z } from 'zod';
import { isTag } from '../../../core/image/image-reference.ts';
import { isAttachedTag, MOST_TAGS } from '../../../core/policy/tag-list.ts';
import { startDeadline } from '../../exchange/deadline.ts';
import type { Ask, AskLimits } from './ask.ts';
import { nextPage } from './next-page.ts';
import { parseAnswer } from '../wire/parse-answer.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';

/** Tags requested per page. Many registries return at most 1,000, and some return all tags in any case. */
const PAGE = 1_000;
/** Enough pages for the maximum number of tags if a registry returns 100 at a time. */
const MOST_PAGES = 1_000;
/** Enough for the maximum number of tags, of usual length, in one page. */
const MOST_PAGE_BYTES = 16 * 1024 * 1024;
/** Time limit for all pages together: a run waits for it. */
const LIST_MS = 120_000;

const Listed = z.object({ tags: z.array(z.string()).nullish() });

export type ListTagsLimits = AskLimits & {
  /** Awaited before each page after the first. */
  readonly turn: (signal: AbortSignal) => Promise<void>;
};

/** Lists a repository's tags at one endpoint. Throws {@link RegistryError} or the caller's reason. */
export type ListTagsAt = (
  endpoint: Endpoint,
  repository: string,
  caller: AbortSignal,
  limits: ListTagsLimits,
) => Promise<readonly string[]>;

const pathOf = (repository: string): string =>
  `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/tags/list`;

/**
 * Follows the pages of `tags/list` to their end
 * ({@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags OCI}). Only the query of
 * a next page is used, so a registry cannot send us elsewhere. Invalid tags, and tags of artifacts attached to other
 * images, are left out. An incomplete list is an error, because the newest tag may be missing.
 */
export const createListTagsAt =
  (ask: Ask): ListTagsAt =>
  async (endpoint, repository, caller, { turn, ...limits }) => {
    const path = pathOf(repository);
    const where = `${endpoint.name}/${repository}`;
    const deadline = startDeadline(caller, LIST_MS);
    const tags = new Set<string>();
    const asked = new Set<string>();
    let query: string | null = `?n=${PAGE}`;
    while (query !== null) {
      if (asked.has(query)) throw endless(where, 'names the same page of its tags again');
      if (asked.size >= MOST_PAGES) throw tooMany(where);
      if (asked.size > 0) await turn(caller);
      asked.add(query);
      const lookupMs = Math.min(limits.lookupMs, deadline.remainingMs());
      if (lookupMs <= 0) throw tooSlow(where);
      const answer = await ask(
        endpoint,
        {
          method: 'GET',
          path: `${path}${query}`,
          repository,
          headers: { accept: 'application/json' },
          maxBytes: MOST_PAGE_BYTES,
        },
        caller,
        { ...limits, lookupMs },
      );
      if (answer.status === 404) {
        throw new RegistryError('tag-gone', `${where} does not exist, or lists no tags (404)`);
      }
      if (answer.status !== 200) {
        throw new RegistryError('malformed', `${where} answers ${answer.status} to tags/list`);
      }
      const listed = readTags(answer.body);
      if (listed === null) throw endless(where, 'gives no list of tags for tags/list');
      for (const tag of listed) if (isTag(tag) && !isAttachedTag(tag)) tags.add(tag);
      if (tags.size > MOST_TAGS) throw tooMany(where);
      query = nextPage(answer.header('link'));
    }
    return [...tags];
  };

const readTags = (body: Buffer): readonly string[] | null => {
  try {
    const read = Listed.safeParse(parseAnswer(body));
    return read.success ? (read.data.tags ?? []) : null;
  } catch {
    return null;
  }
};

const endless = (where: string, what: string): RegistryError =>
  new RegistryError('malformed', `${where} ${what}`);

const tooMany = (where: string): RegistryError =>
  new RegistryError(
    'malformed',
    `${where} has more than ${MOST_TAGS.toLocaleString('en')} tags, and no more are listed; a push of a newer tag still moves its services`,
  );

const tooSlow = (where: string): RegistryError =>
  new RegistryError(
    'unreachable',
    `${where} did not list its tags within ${LIST_MS / 1000} s; a push of a newer tag still moves its services`,
  );
