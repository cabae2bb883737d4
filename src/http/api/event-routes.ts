import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { hasExpired } from '../../core/token-expiry.ts';
import { type EventStream, openEventStream } from './event-stream.ts';
import { LIMITS } from '../ports/limits.ts';
import type { FeedEvent, ServerDeps } from '../ports/ports.ts';
import { Problem } from '../problem/problem.ts';
import { eventInScope } from '../scope/event-in-scope.ts';
import { DATA_HEADERS } from '../server/safe-headers.ts';
import { problemAnswers } from '../schemas/problem.ts';

const RETRY_AFTER_SECONDS = 10;
const LONGEST_ID = 100;
type Deps = Pick<ServerDeps, 'events' | 'sessions' | 'now'> & {
  /** Interval for comments and for checking the session, in ms. */
  readonly beatMs: number;
};

const headerOf = (value: string | readonly string[] | undefined): string | null =>
  typeof value === 'string' ? value : null;

/** `GET /events`: changes as they happen, for a limited number of clients at the same time. */
export const createEventRoutes =
  ({ events, sessions, now, beatMs }: Deps): FastifyPluginAsyncZod =>
  async (app) => {
    const streams = new Set<EventStream>();
    const streamsOf = new Map<string, number>();
    let isClosing = false;
    // Open streams would delay the server's stop forever.
    app.addHook('preClose', async () => {
      isClosing = true;
      for (const stream of streams) stream.end();
    });
    app.get(
      '/events',
      {
        exposeHeadRoute: false,
        schema: {
          tags: ['events'],
          summary: 'What changes, as server-sent events',
          description:
            'Each event is a hint to read its subject again. After a disconnect, the client continues from the id in `Last-Event-ID`. An event `reset` says that this is not possible; it also comes first if no id was sent.',
          querystring: z.strictObject({ lastEventId: z.string().max(LONGEST_ID).optional() }),
          response: {
            200: { content: { 'text/event-stream': { schema: z.string() } } },
            ...problemAnswers(400, 401, 503),
          },
        },
      },
      async (request, reply) => {
        const name = request.apiToken?.name ?? '';
        const own = streamsOf.get(name) ?? 0;
        const isFull = streams.size >= LIMITS.eventStreams || own >= LIMITS.eventStreamsOfToken;
        if (isClosing || isFull) {
          throw new Problem(503, 'too-many-streams', 'too many listen already: come again later', {
            headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
          });
        }
        const lastId = headerOf(request.headers['last-event-id']) ?? request.query.lastEventId;
        reply.hijack();
        const response = reply.raw;
        const stream = openEventStream(response, DATA_HEADERS, LIMITS.eventsBuffered);
        streams.add(stream);
        streamsOf.set(name, own + 1);
        const { session, apiToken } = request;
        const scope = apiToken?.scope ?? null;
        /** Whether the client may get more events: not after signing out, and not after its token has expired. */
        const isWelcome = async (): Promise<boolean> => {
          const isCurrent = !hasExpired(apiToken?.expiresAt ?? null, now());
          const stands = isCurrent && (session === null || (await sessions.stands(session.id)));
          if (!stands) stream.end();
          return stands;
        };
        const heard = (news: readonly FeedEvent[]): readonly FeedEvent[] =>
          scope === null
            ? news
            : news.map((event) => eventInScope(event, scope)).filter((event) => event !== null);
        const guarded = async (act: () => void): Promise<void> => {
          try {
            if (await isWelcome()) act();
          } catch {
            stream.end();
          }
        };
        const beat = setInterval(() => void guarded(stream.beat), beatMs);
        let leave: (() => void) | null = null;
        let isGone = false;
        response.once('close', () => {
          isGone = true;
          clearInterval(beat);
          streams.delete(stream);
          streamsOf.set(name, (streamsOf.get(name) ?? 1) - 1);
          leave?.();
        });
        try {
          leave = await events(lastId ?? null, {
            take: (news) => guarded(() => stream.send(heard(news))),
          });
        } catch {
          stream.end();
        }
        if (isGone) leave?.();
      },
    );
  };
