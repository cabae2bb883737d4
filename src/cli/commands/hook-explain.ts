import type { ReadDelivery } from '../../core/delivery.ts';
import { imageName, imageWithTag } from '../../core/image-reference.ts';
import type { IgnoredEvent, ImagePush } from '../../core/push.ts';
import type { ServiceView } from '../../core/views.ts';
import { readCapturedHook } from '../captured-hook.ts';
import { printable } from '../cell-text.ts';
import type { Context } from '../context.ts';
import { CliFailure, EXIT, wrongUse } from '../exit-status.ts';
import { collect } from '../option-values.ts';
import { inspectEngine } from '../inspect-engine.ts';
import type { AddCommand } from '../program.ts';
import { withHelp } from '../with-help.ts';
import { readList } from '../read-list.ts';

type Options = {
  readonly header?: readonly string[];
  readonly registry?: string;
  readonly engine?: string;
};

/** Services to hold the pushes against, or why none are known. */
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

/** What a push would mean to the services that run its repository. */
const effects = (push: ImagePush, services: readonly ServiceView[]): readonly string[] => {
  const pushed = imageWithTag(push.image);
  const repository = `${imageName(push.image)}:`;
  const related = services.filter(({ image }) => image.startsWith(repository));
  if (related.length === 0) return ['no service runs it: nothing is asked of any registry'];
  return related.map(({ name, cluster, image, running, verdict, reason }) => {
    const who = `${name} (${cluster})`;
    if (image !== pushed) return `${who} runs ${image}: another tag, left alone`;
    if (verdict === 'pinned' || verdict === 'excluded') return `${who} is ${verdict}: left alone`;
    if (push.digest !== null && push.digest === running) return `${who} runs that digest already`;
    if (verdict === 'held') return `${who} is held: ${reason ?? 'no reason given'}`;
    if (running === null)
      return `${who} shows no digest: it would be redeployed once for this push`;
    return `${who} would be looked at, and redeployed if its digest differs`;
  });
};

const tellIgnored = ({ reason, about, detail }: IgnoredEvent): string =>
  `Ignored: ${reason}${about === undefined ? '' : ` (${about})`}${detail === undefined ? '' : `: ${detail}`}`;

const explain = (
  read: ReadDelivery<unknown>,
  services: readonly ServiceView[] | string,
): readonly string[] => {
  switch (read.kind) {
    case 'unrecognised':
      return ['No sender is recognised. Looked for:', ...read.lookedFor.map((one) => `  ${one}`)];
    case 'refused':
      return [`It is from ${read.sender}, and would be refused: no secret lets it in.`];
    case 'unreadable':
      return [
        `It is from ${read.sender}, and would be refused with 400: no image can be read.`,
        ...read.ignored.map(tellIgnored),
      ];
    case 'too-many-pushes':
      return [
        `It is from ${read.sender}, with ${read.count} pushes: more than the ${read.most} that are read.`,
      ];
    case 'understood':
      return [
        `It is from ${read.sender}.`,
        ...(read.handshake === null
          ? []
          : ['It is the sender making sure of the address: it is answered as the sender wants.']),
        ...read.pushes.flatMap((push) => [
          `Push of ${imageWithTag(push.image)}${push.digest === null ? '' : ` with ${push.digest}`}:`,
          ...(typeof services === 'string' ? [] : effects(push, services)).map(
            (line) => `  ${line}`,
          ),
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
    .description('say what a captured hook would do; nothing is sent and nothing changed')
    .argument('<file>', 'its body, or the whole request with headers; - reads standard input')
    .option(
      '-H, --header <header>',
      'a header that came with it; may be given several times',
      collect,
    )
    .option('--registry <host>', 'for senders that name no registry')
    .option('--engine <url>', 'hold it against the services of this engine, without any helper');
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
      if (deps.explain === undefined) throw new CliFailure('this program cannot explain hooks');
      const text =
        file === '-' ? ((await deps.readInput?.(deps.signal)) ?? '') : context.readFile(file);
      const captured = readCapturedHook(text, options.header ?? []);
      if (!captured.ok) throw wrongUse(`${file}: ${captured.problem}`);
      const read = deps.explain(captured.delivery, options.registry ?? null);
      const needsServices = read.kind === 'understood' && read.pushes.length > 0;
      const services = needsServices ? await findServices(context, options) : [];
      const lines = explain(read, services).map(printable);
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
