import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  addSection,
  largestBump,
  parseChange,
  readChanges,
  renderSection,
} from '../../../scripts/release/changelog.ts';

const change = (bump: string, text: string) =>
  parseChange('one.md', `---\n"doppler-cd-helper": ${bump}\n---\n\n${text}\n`);

// One that cannot be read keeps every version from being made.
it.each(globSync('.changeset/*.md', { exclude: ['.changeset/README.md'] }))(
  '%s names the package, how much changes, and what',
  (file) => {
    expect(parseChange(file, readFileSync(file, 'utf8')).text).toMatch(/^\S/);
  },
);

describe('a changeset', () => {
  it.each([
    ['minor', '[changed: gates]\n\nText.', { kind: 'changed', area: 'gates', text: 'Text.' }],
    ['patch', 'Text.', { kind: 'fixed', area: 'other', text: 'Text.' }],
    ['minor', 'Text.', { kind: 'new', area: 'other', text: 'Text.' }],
    ['patch', '[1.2] text', { kind: 'fixed', area: 'other', text: '[1.2] text' }],
  ])('%s, %j', (bump, text, expected) => {
    expect(change(bump, text)).toMatchObject({ bump, ...expected });
  });

  it.each([
    ['patch', '[mended: gates]\n\nText.', 'unknown "[mended: gates]"; expected [new|'],
    ['patch', '[fixed: doors]\n\nText.', 'one.md: unknown "[fixed: doors]"'],
    ['tiny', 'Text.', 'one.md: not a changeset'],
    ['patch', '', 'one.md: not a changeset'],
  ])('%s, %j is refused', (bump, text, said) => {
    expect(() => change(bump, text)).toThrow(said);
  });
});

describe('the changelog', () => {
  const changes = [
    change('patch', '[fixed: store]\n\nA fix.\n\nMore of it.'),
    change('minor', '[new: gates]\n\nA gate.'),
    change('minor', '[new: cli]\n\n- One option.\n- Another,\n  in two lines.'),
    change('patch', '[changed: gates]\n\nA change:\n\n- one\n- two'),
  ];
  const section = `## 1.0.0 (2026-12-31)

### New

#### Gates and approvals

- A gate.

#### Command line

- One option.
- Another,
  in two lines.

### Changed

#### Gates and approvals

- A change:

  - one
  - two

### Fixed

#### Store and instances

- A fix.

  More of it.
`;

  it('has a section with what is new, changed and fixed, by area', () => {
    expect(renderSection('1.0.0', '2026-12-31', changes)).toBe(section);
    expect(largestBump(changes)).toBe('minor');
  });

  it('gets it above the older ones', () => {
    const first = addSection('# Changelog\n\nText.\n', section);
    expect(first).toBe(`# Changelog\n\nText.\n\n${section}`);
    const next = '## 1.0.1 (2027-01-01)\n\n### Fixed\n';
    expect(addSection(first, next)).toBe(`# Changelog\n\nText.\n\n${next}\n${section}`);
  });

  it('loses no line of a changeset', () => {
    const all = readChanges('.changeset');
    const lines = new Set(
      renderSection('1.0.0', '2026-12-31', all)
        .split('\n')
        .map((line) => line.trim().replace(/^- /, '')),
    );
    const lost = all.flatMap(({ file, text }) =>
      text
        .split('\n')
        .filter((line) => !lines.has(line.trim().replace(/^- /, '')))
        .map((line) => `${file}: ${line}`),
    );
    expect(lost).toEqual([]);
  });
});
