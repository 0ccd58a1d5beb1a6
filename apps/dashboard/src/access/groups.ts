import type { Config } from '@mycelium/config';
import type { Role } from './account.ts';

/**
 * The role of somebody who logged in with the company's account.
 * @param groups as the provider or the proxy lists them
 * @returns undefined for somebody who may not use this console
 */
export function roleOf(
  groups: string[],
  { OPERATOR_GROUPS: operators, VIEWER_GROUPS: viewers }: Pick<Config, 'OPERATOR_GROUPS' | 'VIEWER_GROUPS'>,
): Role | undefined {
  const isIn = (some: string[]) => some.some((group) => groups.includes(group));
  if (isIn(operators)) return 'operator';
  return viewers.length === 0 || isIn(viewers) ? 'viewer' : undefined;
}

/** At most 100 characters that were read right, none of which controls a terminal or a log. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[^\p{C}\uFFFD]{1,100}$/u.test(value.trim());

/** Set apart from the accounts of this console: somebody elsewhere may have the same name as one of them. */
export const companyName = (name: string) => `company ${name}`;
