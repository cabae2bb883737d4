import { STATUS_CODES } from '../problem/node-http.ts';

type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: object;
};
type Answer = { description: string; readonly content?: object };
type Operation = {
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: object };
  readonly responses?: Readonly<Record<string, Answer>>;
};
export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const header = (name: string, description: string): Parameter => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
});

const READ_HEADERS = [
  header('If-None-Match', 'ETag of an answer that is known: 304 where it would be the same.'),
];
const STREAM_HEADERS = [
  header('Last-Event-ID', 'Id of the last event that is known: the answer goes on after it.'),
];
const SESSION_HEADERS = [
  header('X-CD-Helper', '`dashboard`: needed where a session is shown and no token.'),
];
const ACT_HEADERS = [
  ...SESSION_HEADERS,
  header(
    'Idempotency-Key',
    '1 to 255 visible ASCII characters. The same request with the same key is carried out once, and answered the same for 24 hours.',
  ),
];
const PROBLEM: Answer = {
  description: 'Problem',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** `get` and `/api/v1/clusters/{cluster}/services/{name}` become `getClustersClusterServicesName`. */
const operationId = (method: string, path: string): string => {
  const words = path
    .replace(/^.*?\/(?=hooks|api\/v1\/)(?:api\/v1\/)?/, '')
    .split(/[^a-zA-Z0-9]+/)
    .filter(Boolean);
  return [method, ...words.map((word) => `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`)].join(
    '',
  );
};

const complete = (method: string, path: string, operation: Operation): Operation => {
  const isRead = method === 'get';
  const isHook = !path.includes('/api/v1/');
  const isStream = JSON.stringify(operation.responses ?? {}).includes('"text/event-stream"');
  // Session routes take no cache or idempotency headers: the state is read each time, and signing in twice makes two
  // sessions.
  const isSession = operation.tags?.includes('session') ?? false;
  // A file is created for each request.
  const isFile = JSON.stringify(operation.responses ?? {}).includes('"format":"binary"');
  const readHeaders = isSession || isFile ? [] : isStream ? STREAM_HEADERS : READ_HEADERS;
  const actHeaders = isSession ? SESSION_HEADERS : ACT_HEADERS;
  const headers = isHook ? [] : isRead ? readHeaders : actHeaders;
  const answers = Object.entries(operation.responses ?? {}).map(([status, answer]) => {
    const described = answer.description === 'Problem' ? {} : { description: STATUS_CODES[status] };
    return [status, { ...answer, ...described }] as const;
  });
  const { requestBody } = operation;
  // A body that may be null is optional. The description of its schema alone does not say that.
  const mayBeLeftOut = JSON.stringify(requestBody ?? {}).includes('{"type":"null"}');
  return {
    operationId: operationId(method, path),
    ...operation,
    ...(mayBeLeftOut ? { requestBody: { ...requestBody, required: false } } : {}),
    ...(isHook ? { security: [] } : {}),
    parameters: [...(operation.parameters ?? []), ...headers],
    responses: {
      ...Object.fromEntries(answers),
      ...(headers === READ_HEADERS ? { 304: { description: 'What is known already' } } : {}),
      default: PROBLEM,
    },
  } as Operation;
};

/** Adds the common parts to every operation: names, headers, and the problem of every other status. */
export const completePaths = (paths: Paths): Paths =>
  Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [
          method,
          complete(method, path, operation),
        ]),
      ),
    ]),
  );
