import { parseEnv } from 'node:util';

/** Looks up a variable: the real environment first, then the .env file; empty is not set. */
export type Variables = (name: string) => string | undefined;

export function variablesOf(
  environment: Readonly<Record<string, string | undefined>>,
  envFileText: string,
): Variables {
  const fromFile = parseEnv(envFileText.replace(/^\uFEFF/, ''));
  return (name) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) return undefined;
    const value = environment[name] || (Object.hasOwn(fromFile, name) ? fromFile[name] : undefined);
    return value === '' ? undefined : value;
  };
}
