import type { ReadDelivery } from '../../../core/contract/delivery.ts';
import { imageName, imageWithTag } from '../../../core/image/image-reference.ts';
import type { IgnoredEvent, ImagePush } from '../../../core/image/push.ts';
import type { ServiceView } from '../../../core/contract/views.ts';
import { readCapturedHook } from '../../samples/captured-hook.ts';
import { printable } from '../../output/cell-text.ts';
import type { Context } from '../../client/context.ts';
import { CliFailure, EXIT, wrongUse } from '../../terminal/exit-status.ts';
import { collect } from '../../terminal/option-values.ts';
import { inspectEngine } from '../../wait/inspect-engine.ts';
import type { AddCommand } from '../add-command.ts';
import { withHelp } from '../../terminal/with-help.ts';
import { servicePath } from '../../find/find-service.ts';
import { type FindHeld, pushEffects } from '../../show/push-effects.ts';
import { readList } from '../../client/read-list.ts';

type Options = {
  readonly header?: readonly string[];
  readonly registry?: string;
  readonly engine?: string;
};

/** The services to match the pushes with, or why they are unknown. */
const findServices = async (
  context: Context,
  { engine }: Options,
): Promise<readonly ServiceView[] | string> => {
  try {
    return engine === undefined
      ? await readList<ServiceView>(context.api(), '/api/v1/services', {})
      : await inspectEngine(context, engine);
  } catch (error) {
    context.deps.signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
};

/** The held tags of services that follow the repositories of these pushes; none if they cannot be determined. */
const findHeld = async (
  context: Context,
  { engine }: Options,
  pushes: readonly ImagePush[],
  services: readonly ServiceView[],
): Promise<FindHeld> => {
  const names = new Set(pushes.map(({ image }) => imageName(image)));
  const asked = services.filter(
    ({ track, image }) => track !== undefined && names.has(image.slice(0, image.lastIndexOf(':'))),
  );
  if (engine !== undefined || asked.length === 0) return () => [];
  const api = context.api();
  const read = asked.map(async (service) => {
    const { tracking } = await api.get<ServiceView>(servicePath(service));
    return [keyOf(service), tracking?.held ?? []] as const;
  });
  const held = new Map(await Promise.all(read));
  return (service) => held.get(keyOf(service)) ?? [];
};

const keyOf = ({ cluster, id }: ServiceView): string => `${cluster}/${id}`;

const tellIgnored = ({ reason, about, detail }: IgnoredEvent): string =>
  `Ignored: ${reason}${about === undefined ? '' : ` (${about})`}${detail === undefined ? '' : `: ${detail}`}`;

const explain = (
  read: ReadDelivery<unknown>,
  services: readonly ServiceView[] | string,
  heldOf: FindHeld,
): readonly string[] => {
  switch (read.kind) {
    case 'unrecognised':
      return ['No sender is recognised. Looked for:', ...read.lookedFor.map((one) => `  ${one}`)];
    case 'refused':
      return [`It is from ${read.sender}, and would be refused: no configured secret matches.`];
    case 'unreadable':
      return [
        `It is from ${read.sender}, and would be refused with 400: no image can be read.`,
        ...read.ignored.map(tellIgnored),
      ];
    case 'too-many-pushes':
      return [
        `It is from ${read.sender}, with ${read.count} pushes: at most ${read.most} are accepted.`,
      ];
    case 'understood':
      return [
        `It is from ${read.sender}.`,
        ...(read.handshake === null
          ? []
          : ['The sender is verifying the address. The helper gives the answer that it expects.']),
        ...read.pushes.flatMap((push) => [
          `Push of ${imageWithTag(push.image)}${push.digest === null ? '' : ` with ${push.digest}`}:`,
          ...(typeof services === 'string'
            ? []
            : pushEffects(push, read.pushes, services, heldOf)
          ).map((line) => `  ${line}`),
        ]),
        ...read.ignored.map(tellIgnored),
        ...(typeof services === 'string' && read.pushes.length > 0
          ? [`Services are not known: ${services}`]
          : []),
      ];
    default:
      return read satisfies never;
  }
};

export const addHookExplain: AddCommand = (hook, act) => {
  const command = hook
    .command('explain')
    .description('explain what a captured webhook would do; sends and changes nothing')
    .argument('<file>', 'its body, or the complete request with headers; - reads standard input')
    .option('-H, --header <header>', 'a header of the request; can be repeated', collect)
    .option('--registry <host>', 'for senders that do not name a registry')
    .option('--engine <url>', 'compare it with the services of this engine, without a helper');
  withHelp(command, {
    json: '{"kind", "sender", "pushes": [{"image", "digest"}], "ignored", "explanation": [line]}',
    examples: [
      'cd-helper hook explain hook.txt',
      'pbpaste | cd-helper hook explain - --registry registry.local:5000',
      "cd-helper hook explain body.json -H 'X-GitHub-Event: package' --engine unix:///var/run/docker.sock",
    ],
  }).action(
    act(async (context, file: string, options: Options) => {
      const { deps, json, print, printJson } = context;
      if (deps.explain === undefined) throw new CliFailure('this build cannot explain webhooks');
      const text =
        file === '-' ? ((await deps.readInput?.(deps.signal)) ?? '') : context.readFile(file);
      const captured = readCapturedHook(text, options.header ?? []);
      if (!captured.ok) throw wrongUse(`${file}: ${captured.problem}`);
      const read = deps.explain(captured.delivery, options.registry ?? null);
      const needsServices = read.kind === 'understood' && read.pushes.length > 0;
      const services = needsServices ? await findServices(context, options) : [];
      const heldOf =
        read.kind === 'understood' && typeof services !== 'string'
          ? await findHeld(context, options, read.pushes, services)
          : () => [];
      const lines = explain(read, services, heldOf).map(printable);
      if (json) {
        const pushes = read.kind === 'understood' ? read.pushes : [];
        printJson({
          kind: read.kind,
          sender: read.kind === 'unrecognised' ? null : read.sender,
          pushes: pushes.map((push) => ({
            image: imageWithTag(push.image),
            digest: push.digest,
          })),
          ignored: read.kind === 'understood' || read.kind === 'unreadable' ? read.ignored : [],
          explanation: lines,
        });
      } else print(...lines);
      return read.kind === 'understood' ? EXIT.well : EXIT.failed;
    }),
  );
};
