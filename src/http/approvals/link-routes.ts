import {
  type LinkDecision,
  type OpenedLink,
  TRIAL_TOKEN,
} from '../../core/policy/approvals/approval-links.ts';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { ActRefused } from '../../core/contract/act-refused.ts';
import { addressOf } from '../sign-in/address-of.ts';
import { createFailures } from '../sign-in/failed-sign-in.ts';
import { LIMITS } from '../ports/limits.ts';
import type { ServerDeps } from '../ports/ports.ts';
import { addHeaders } from '../server/safe-headers.ts';
import {
  approvedPage,
  decisionPage,
  LINK_PAGE_HEADERS,
  notePage,
  rejectedPage,
  trialPage,
} from './link-page.ts';

type Deps = Pick<ServerDeps, 'approvalLinks' | 'now' | 'log'>;

/** 32 bytes in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const LONGEST_REASON = 1_000;
const FORM = 'application/x-www-form-urlencoded';

/**
 * Only a client that has read the page knows it. A client that opens links blindly, or posts to them, decides nothing.
 */
const formTokenOf = (token: string): string =>
  createHmac('sha256', token).update('the form of this link').digest('base64url');

const isFormToken = (shown: string, token: string): boolean => {
  const right = Buffer.from(formTokenOf(token));
  const given = Buffer.from(shown);
  return given.length === right.length && timingSafeEqual(given, right);
};

const ASK_ANEW =
  'Look at the page “Waiting” of the dashboard, or at cd-helper waiting. Nothing was decided.';

const OVER: Readonly<Record<Exclude<OpenedLink['state'], 'open'>, readonly [string, string]>> = {
  used: ['This link was used', 'It works once.'],
  expired: ['This link has expired', 'Its time is over.'],
  replaced: [
    'This image waits no more',
    'It was decided already, or another image or other settings took its place and need their own votes.',
  ],
};

const send = (reply: FastifyReply, status: number, html: string): FastifyReply =>
  reply.code(status).type('text/html; charset=utf-8').send(html);

const readDecision = (form: URLSearchParams): LinkDecision | null => {
  const reason = (form.get('reason') ?? '').trim();
  const decision = form.get('decision');
  if (decision === 'approve') return { kind: 'approve' };
  const isReason = reason !== '' && reason.length <= LONGEST_REASON;
  return decision === 'reject' && isReason ? { kind: 'reject', reason } : null;
};

/** One-time links of notifications: GET shows what would change and decides nothing, POST decides. */
export const createLinkRoutes =
  ({ approvalLinks, now, log }: Deps): FastifyPluginAsync =>
  async (app) => {
    addHeaders(app, LINK_PAGE_HEADERS);
    app.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, body, done) => {
      done(null, new URLSearchParams(String(body)));
    });
    const { refused } = createFailures({
      now,
      longestDelay: 0,
      log,
      event: 'link refused: there is none such',
      code: 'no-such-link',
      detail: 'there is no such link',
    });

    const unknown = (reply: FastifyReply, address: string): FastifyReply => {
      const tooMany = refused(address);
      if (tooMany !== null) throw tooMany;
      return send(reply, 404, notePage('This link does not exist', ASK_ANEW));
    };

    const open = async (token: string): Promise<OpenedLink | null> =>
      TOKEN.test(token) ? approvalLinks.open(token) : null;

    const over = (reply: FastifyReply, { state }: OpenedLink): FastifyReply => {
      const [title, why] = OVER[state === 'open' ? 'replaced' : state];
      return send(reply, 410, notePage(title, why, ASK_ANEW));
    };

    const path = '/approvals/:token';
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      const { token } = request.params as { readonly token: string };
      if (token === TRIAL_TOKEN) return send(reply, 200, trialPage());
      const link = await open(token);
      if (link === null) return unknown(reply, addressOf(request));
      const { waiting, channel, expiresAt } = link;
      if (link.state !== 'open' || waiting === null) return over(reply, link);
      const formToken = formTokenOf(token);
      return send(reply, 200, decisionPage({ waiting, channel, expiresAt, formToken }));
    });

    app.post(
      path,
      { bodyLimit: LIMITS.signInBody, schema: { hide: true } },
      async (request, reply) => {
        const { token } = request.params as { readonly token: string };
        const link = await open(token);
        if (link === null) return unknown(reply, addressOf(request));
        if (link.state !== 'open') return over(reply, link);
        const form = request.body instanceof URLSearchParams ? request.body : null;
        if (form === null || !isFormToken(form.get('form') ?? '', token)) {
          const title = 'Nothing was decided';
          return send(reply, 403, notePage(title, 'Open the link again and decide on its page.'));
        }
        const decision = readDecision(form);
        if (decision === null) {
          const title = 'Nothing was decided';
          return send(reply, 400, notePage(title, 'A rejection needs a reason.'));
        }
        const by = {
          address: addressOf(request),
          signal: AbortSignal.timeout(LIMITS.actTimeout),
        };
        try {
          const decided = (await approvalLinks?.decide(token, decision, by)) ?? null;
          if (decided === null) return over(reply, (await open(token)) ?? link);
          const html = decision.kind === 'approve' ? approvedPage(decided) : rejectedPage(decided);
          return send(reply, 200, html);
        } catch (error) {
          if (!(error instanceof ActRefused)) throw error;
          return send(reply, 409, notePage('Nothing was decided', error.message));
        }
      },
    );
  };
