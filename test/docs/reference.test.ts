import { join } from 'node:path';
import {
  Application,
  type DeclarationReflection,
  Logger,
  type ProjectReflection,
  ReflectionKind,
  type SignatureReflection,
} from 'typedoc';
import { beforeAll, expect, it } from 'vitest';
import { root } from './pages.js';

let project: ProjectReflection;
const warnings: string[] = [];
class Listener extends Logger {
  override log(message: string): void {
    warnings.push(message);
  }
}
beforeAll(async () => {
  const app = await Application.bootstrap({
    options: join(root, 'typedoc.json'),
    tsconfig: join(root, 'tsconfig.json'),
    entryPoints: [join(root, 'src/index.ts')],
    skipErrorChecking: true,
  });
  app.logger = new Listener();
  project = (await app.convert())!;
}, 300_000);

const hasText = (of: { comment?: { hasVisibleComponent(): boolean } }) =>
  Boolean(of.comment?.hasVisibleComponent());
const isDocumented = (of: DeclarationReflection) =>
  hasText(of) || (of.signatures ?? []).some((signature: SignatureReflection) => hasText(signature));

it('every public name says what it is', () => {
  const names = project.children!.filter((child) => !child.kindOf(ReflectionKind.Reference));
  expect(names.length).toBeGreaterThan(250);
  expect(names.filter((child) => !isDocumented(child)).map(({ name }) => name)).toEqual([]);
});

it('every option of a public function says what it does', () => {
  const options = project.children!.filter(({ name }) => /Options$/.test(name));
  expect(options.length).toBeGreaterThan(40);
  const silent = options.flatMap(({ name, children = [] }) =>
    children.filter((child) => !isDocumented(child)).map((child) => `${name}.${child.name}`),
  );
  expect(silent).toEqual([]);
});

it('no text explains a parameter that is not there', () => {
  expect(warnings.filter((text) => text.includes('@param'))).toEqual([]);
});
