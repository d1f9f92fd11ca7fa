import { expect, it } from 'vitest';
import * as api from '../src/index.js';

it('exports exactly these names, so that the public surface cannot drift unseen', () => {
  expect(Object.keys(api).sort().join(' ')).toMatchInlineSnapshot();
});
