import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { createActRoutes } from './api/act-routes.ts';
import { createDecisionRoutes } from './approvals/decision-routes.ts';
import { createLinkRoutes } from './approvals/link-routes.ts';
import { addNotFound, answerUnreadable, createErrorHandler } from './problem/answer-problems.ts';
import { addCompression } from './server/compression.ts';
import { closeSilentConnections } from './server/close-silent-connections.ts';
import { createCookiePlace } from './sign-in/cookie.ts';
import { createDashboardRoutes } from './server/dashboard-routes.ts';
import { createDeskRoutes } from './api/desk-routes.ts';
import { createDocsPage } from './server/docs-page.ts';
import { addEntityTags } from './server/entity-tags.ts';
import { createEventRoutes } from './api/event-routes.ts';
import { createFailures } from './sign-in/failed-sign-in.ts';
import { createHealthRoutes } from './server/health-routes.ts';
import { createHookRoutes } from './hooks/hook-routes.ts';
import { LIMITS } from './ports/limits.ts';
import { createHookMetrics, createTokenMetrics } from './ports/metrics.ts';
import { describeApi } from './openapi/openapi.ts';
import { parseJson } from './body/parse-json.ts';
import type { ServerDeps } from './ports/ports.ts';
import { createBackupRoute } from './api/backup-route.ts';
import { createApiOutcomeRoute, createHookOutcomeRoutes } from './outcome/outcome-routes.ts';
import { createOutcomeAsker } from './outcome/ask-outcome.ts';
import { createOverviewRoutes } from './api/overview-routes.ts';
import { createReadRoutes } from './api/read-routes.ts';
import { refuseOtherMethods } from './server/refuse-other-methods.ts';
import { createOriginCheck } from './sign-in/refuse-other-sites.ts';
import { addHeaders, DATA_HEADERS } from './server/safe-headers.ts';
import { createSessionRoutes } from './api/session-routes.ts';
import { createScopes } from './scope/scopes.ts';
import { requireNoScope } from './scope/require-no-scope.ts';
import { createConnectionGuard } from './server/connection-guard.ts';
import { gatherWarnings } from './server/gather-warnings.ts';
import { sendShared, sharedForAWhile } from './server/shared-answer.ts';
import { createSignIn } from './sign-in/sign-in.ts';

/** How long to wait for slow clients, in ms. Only tests set lower values. */
export type Patience = {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly checkInterval: number;
  /** Interval between two heartbeats of an event stream. */
  readonly eventBeat?: number;
  /** Delay of the answer to the last of many failed sign-ins. */
  readonly failureDelay?: number;
};

const createApp = (
  { trustedProxies, log, now }: ServerDeps,
  patience: Patience,
): FastifyInstance => {
  const handleError = createErrorHandler(log);
  const warn = gatherWarnings(log);
  const guard = createConnectionGuard(now, (why, address) =>
    warn('connection ended', { why, address }),
  );
  const app = Fastify({
    logger: false,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    bodyLimit: LIMITS.apiBody,
    forceCloseConnections: 'idle',
    // Deliveries that still arrive while the server closes are accepted as usual: stored, then answered.
    return503OnClosing: false,
    serverFactory: (onRequest) =>
      guard.createServer(
        {
          requestTimeout: patience.requestTimeout,
          keepAliveTimeout: LIMITS.keepAliveTimeout,
          headersTimeout: patience.headersTimeout,
          connectionsCheckingInterval: patience.checkInterval,
          maxHeaderSize: LIMITS.headerBytes,
        },
        onRequest,
      ),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LIMITS.pathStep },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, request, reply) => {
      handleError(error, request, reply);
    },
  });
  app.addHook('onRequest', (_request, reply, next) => {
    reply.header('x-content-type-options', 'nosniff');
    next();
  });
  app.decorateRequest('hookSecret', null);
  app.decorateRequest('apiToken', null);
  app.decorateRequest('session', null);
  // Runs after all checks of headers: from here on the client is known, or anonymous.
  app.addHook('preParsing', (request, _reply, payload, next) => {
    if (request.hookSecret !== null || request.apiToken !== null) guard.prove(request.raw.socket);
    next(null, payload);
  });
  // A body is only read if its route says how. All others, such as those sent to unknown routes, are discarded.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, null));
  app.server.maxHeadersCount = LIMITS.headerCount;
  closeSilentConnections(app);
  app.setErrorHandler(handleError);
  addNotFound(app);
  return app;
};

/** All routes under the base path. */
const addRoutes = (app: FastifyInstance, deps: ServerDeps, patience: Patience): void => {
  const { hookSecrets, apiTokens, log, now, version, metrics } = deps;
  const longestDelay = patience.failureDelay ?? LIMITS.failureDelay;
  const hookFailures = createFailures({
    now,
    longestDelay,
    log,
    event: 'hook refused: no secret that lets it in',
    code: 'wrong-secret',
    detail:
      hookSecrets.length === 0
        ? 'no hook secret is configured: set CD_HELPER_HOOK_SECRET'
        : 'Invalid or missing webhook secret',
  });
  const { failed: failedSignIn } = createFailures({
    now,
    longestDelay,
    log,
    event: 'sign-in refused',
    code: 'not-signed-in',
    detail:
      apiTokens.length === 0
        ? 'no API token is configured: set CD_HELPER_API_TOKEN'
        : 'send Authorization: Bearer and a token that is known',
    headers: { 'www-authenticate': 'Bearer realm="cd-helper"' },
  });
  const checkOrigin = createOriginCheck(deps.publicUrl);
  const { readsOf, actsOf } = createScopes(deps);
  createTokenMetrics(metrics.registry, apiTokens);
  const signedIn = createSignIn({
    tokens: apiTokens,
    sessions: deps.sessions,
    failed: failedSignIn,
    checkOrigin,
    placeOf: createCookiePlace(deps),
    now,
  });

  app.get('/version.txt', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .send(`${version.version}${version.revision === null ? '' : ` ${version.revision}`}\n`),
  );
  const readMetrics = sharedForAWhile(
    async () => ({
      status: 200,
      type: metrics.registry.contentType,
      body: Buffer.from(await metrics.registry.metrics()),
    }),
    metrics.public ? LIMITS.sharedFor : 0,
    now,
  );
  app.get(
    '/metrics',
    {
      schema: { hide: true },
      ...(metrics.public ? {} : { onRequest: [signedIn('viewer'), requireNoScope] }),
    },
    async (_request, reply) => sendShared(reply, await readMetrics()),
  );
  app.register(createDashboardRoutes(deps));
  app.register(createLinkRoutes(deps));
  app.register(createDocsPage(deps.basePath));
  app.register(createHookRoutes(deps, createHookMetrics(metrics.registry), hookFailures));
  const askOutcome = createOutcomeAsker(deps);
  app.register(createHookOutcomeRoutes({ ...deps, askOutcome, failed: hookFailures.failed }));
  app.register(
    async (api) => {
      addHeaders(api, DATA_HEADERS);
      api.setValidatorCompiler(validatorCompiler);
      // Typed code makes the views: the output is not validated again.
      api.setSerializerCompiler(() => JSON.stringify);
      api.removeAllContentTypeParsers();
      api.addContentTypeParser(
        'application/json',
        { parseAs: 'buffer' },
        (_request, body, done) => {
          try {
            done(null, body.length === 0 ? null : parseJson(Buffer.from(body)).value);
          } catch (error) {
            done(error instanceof Error ? error : new Error('unreadable', { cause: error }));
          }
        },
      );
      api.register(async (shown) => {
        shown.addHook('onRequest', signedIn('viewer'));
        shown.register(
          createEventRoutes({ ...deps, beatMs: patience.eventBeat ?? LIMITS.eventBeat }),
        );
        shown.register(createApiOutcomeRoute(askOutcome));
        addEntityTags(shown);
        addCompression(shown);
        shown.register(createReadRoutes(readsOf));
        shown.register(createDeskRoutes({ ...deps, readsOf }));
        shown.register(createOverviewRoutes(readsOf));
      });
      api.register(createActRoutes({ ...deps, actsOf }, signedIn('operator')));
      api.register(createBackupRoute(deps, signedIn('operator')));
      api.register(createDecisionRoutes({ ...deps, actsOf }, signedIn('approver')));
      api.register(
        createSessionRoutes({
          ...deps,
          checkOrigin,
          failed: failedSignIn,
          viewer: signedIn('viewer'),
        }),
      );
    },
    { prefix: '/api/v1' },
  );
};

/**
 * The helper's HTTP server, ready to listen. Its OpenAPI document describes webhooks and API. `close()` closes idle
 * connections and waits for those with an answer in progress.
 */
export const createServer = async (
  deps: ServerDeps,
  patience: Patience = LIMITS,
): Promise<FastifyInstance> => {
  const app = createApp(deps, patience);
  await app.register(fastifySwagger, describeApi(deps.version.version));
  const refuseOthers = refuseOtherMethods(app);
  const addHealthRoutes = createHealthRoutes(deps);
  if (deps.basePath !== '') addHealthRoutes(app);
  await app.register(
    async (based) => {
      addHealthRoutes(based);
      addRoutes(based, deps, patience);
    },
    { prefix: deps.basePath },
  );
  refuseOthers();
  await app.ready();
  return app;
};
