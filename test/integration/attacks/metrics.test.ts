import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiStage, openApiStage } from '../../support/http/api-stage.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

/** Ends the label and the line, and begins a sample of its own. */
const HOSTILE = 'x"} 1\nforged_total{by="attacker"} 4711\nrest{a="\\';
/** https://prometheus.io/docs/instrumenting/exposition_formats: a comment, or one sample. */
const LABEL = /[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"/.source;
const LINE = new RegExp(
  `^(?:# .*|[a-zA-Z_:][\\w:]*(?:\\{(?:${LABEL}(?:,${LABEL})*)?\\})? (?:[-+]?[\\d.]+(?:e[-+]?\\d+)?|[-+]?Inf|NaN))$`,
);

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({ engine: { pace: 'real', speed: 20 } });
}, 60_000);
afterAll(() => stage.close());

it('names and webhooks of an attacker make no line of their own', async () => {
  stage.engine.addService({ name: HOSTILE, image: stage.image('acme/web') });
  stage.registry.setTag('acme/web', 'v1', 'one');
  for (const body of [
    { image: stage.image('acme/web') },
    { image: `docker.io/${HOSTILE}` },
    { image: 'docker.io/acme/web', tag: HOSTILE },
  ]) {
    await stage.ask(`/hooks/${HOOK_SECRET}`, { method: 'POST', token: null, body });
  }
  await stage.ask('/api/v1/services');
  const crashing = stage.registry.setTag('acme/web', 'v1', 'two');
  stage.engine.setOutcome(crashing, { kind: 'crash', exitCode: 3 });
  stage.engine.changeSpec(HOSTILE, ({ TaskTemplate }) => {
    TaskTemplate.ContainerSpec.Image = stage.image('acme/web', 'v1', crashing);
  });
  const text = await stage.until('the service is told as failing', async () => {
    const answer = await stage.ask('/metrics');
    return answer.text.includes('cd_helper_service_failing{') ? answer.text : null;
  });
  const lines = (text ?? '').split('\n').filter((line) => line !== '');
  expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
  expect(lines.filter((line) => line.startsWith('forged_total'))).toEqual([]);
  expect(text).toContain('forged_total');
});
