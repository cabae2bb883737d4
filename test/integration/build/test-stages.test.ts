import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { engineChoice } from '../../../sandbox/engine/engine-choice.ts';
import { addCounts, countsLine, parseCounts } from '../../../scripts/test/counts.ts';
import { type Stage, testStages } from '../../../scripts/test/stages.ts';

const engineOf = ({ env }: Stage): string =>
  [env['CD_HELPER_SANDBOX_ENGINE'], env['CD_HELPER_SANDBOX_IMAGE_STORE']].filter(Boolean).join(' ');
const filesOf = ({ command }: Stage): readonly string[] =>
  command.filter((word) => word.startsWith('test/') && word.endsWith('.test.ts'));

describe('the stages of ./dev test', () => {
  it.each([
    ['bookworm', ['26.1 graph-driver']],
    ['trixie', ['20.10 graph-driver']],
    ['', ['20.10 graph-driver', '26.1 graph-driver']],
  ])('on Debian "%s" run 20.10 and 26.1', (release, engines) => {
    const stages = testStages([], release);
    expect(stages.map(engineOf)).toEqual(['', '', ...engines]);
    const off = stages.filter(({ env }) => env['CD_HELPER_TEST_SHORTCUTS'] === 'off');
    expect(off.map(({ name }) => name)).toEqual(['work and simulation without shortcuts']);
  });

  it('with --engines run every engine, and containerd’s image store where there is one', () => {
    const stages = testStages(['--engines'], 'bookworm');
    expect(stages.map(engineOf)).toEqual([
      '20.10 graph-driver',
      '26.1 graph-driver',
      '28.5 graph-driver',
      '26.1 containerd',
      '28.5 containerd',
    ]);
    for (const { env } of stages) expect(() => engineChoice(env)).not.toThrow();
  });

  it('with --all run all of that and more', () => {
    const names = testStages(['--all'], 'bookworm').map(({ name }) => name);
    for (const { name } of testStages(['--engines'], 'bookworm')) expect(names).toContain(name);
    expect(names[0]).toBe('all files');
  });

  it('hand other arguments to vitest', () => {
    const [stage, ...others] = testStages(['--project', 'unit', 'src/core'], 'bookworm');
    expect(stage?.command).toEqual(['vitest', 'run', '--project', 'unit', 'src/core']);
    expect(others).toEqual([]);
  });

  it('name files that are there', () => {
    for (const stage of testStages(['--all'], 'bookworm')) {
      expect(filesOf(stage).filter((file) => !existsSync(file))).toEqual([]);
    }
  });
});

describe('the engine of the sandbox', () => {
  it.each([
    [{}, { version: null, imageStore: 'graph-driver' }],
    [{ CD_HELPER_SANDBOX_ENGINE: '28.5' }, { version: '28.5', imageStore: 'graph-driver' }],
    [
      { CD_HELPER_SANDBOX_ENGINE: '26.1', CD_HELPER_SANDBOX_IMAGE_STORE: 'containerd' },
      { version: '26.1', imageStore: 'containerd' },
    ],
  ])('%j is %j', (env, choice) => {
    expect(engineChoice(env)).toEqual(choice);
  });

  it.each([
    [{ CD_HELPER_SANDBOX_ENGINE: '19.03' }, /"19.03": choose one of 20.10, 26.1, 28.5/],
    [{ CD_HELPER_SANDBOX_IMAGE_STORE: 'zfs' }, /"zfs": choose one of graph-driver, containerd/],
    [
      { CD_HELPER_SANDBOX_ENGINE: '20.10', CD_HELPER_SANDBOX_IMAGE_STORE: 'containerd' },
      /20.10 cannot keep images in containerd/,
    ],
  ])('%j is refused', (env, message) => {
    expect(() => engineChoice(env)).toThrow(message);
  });
});

describe('the counts of several stages', () => {
  it('add up to the last line', () => {
    const counts = [
      parseCounts('{"passed":10,"skipped":1,"failures":["a"]}'),
      parseCounts('{"passed":5,"skipped":0,"failures":["b","c"]}'),
    ];
    const sum = addCounts(counts);
    expect(countsLine(sum)).toBe('15 passed, 3 failed, 1 skipped');
    expect(sum.failures).toEqual(['a', 'b', 'c']);
  });

  it('count a stage that left none as a failure', () => {
    expect(countsLine(parseCounts(null))).toBe('0 passed, 1 failed, 0 skipped');
  });
});
