/** The models that an endpoint serves, and the names to request them by. */

/** An endpoint's `models` and `model_map`. */
export interface ModelKeys {
  readonly models?: readonly string[] | undefined;
  readonly modelMap?: ReadonlyMap<string, string> | undefined;
}

export interface ServedModels {
  /** Whether it serves a model; always true for the empty name (unknown). */
  readonly isServed: (model: string) => boolean;
  /** The name to send; undefined if unchanged. */
  readonly nameThere: (model: string) => string | undefined;
  /** For people: names and patterns. */
  readonly listed: readonly string[];
}

/** Undefined if neither is set: all models, under their own names. */
export function servedModelsOf({ models, modelMap }: ModelKeys): ServedModels | undefined {
  if (models === undefined && modelMap === undefined) return undefined;
  return {
    isServed: (model) =>
      model === '' ||
      models === undefined ||
      modelMap?.has(model) === true ||
      isModelAmong(models, model),
    nameThere: (model) => modelMap?.get(model),
    listed: [...new Set([...(models ?? ['*']), ...(modelMap?.keys() ?? [])])],
  };
}

/** @param patterns names, or patterns with a star */
export function isModelAmong(patterns: readonly string[], model: string): boolean {
  return patterns.some((pattern) => isMatch(pattern, model));
}

/** A star matches any text. */
function isMatch(pattern: string, model: string): boolean {
  const [start = '', ...rest] = pattern.split('*');
  const end = rest.pop();
  if (end === undefined) return model === pattern;
  if (!model.startsWith(start) || !model.endsWith(end)) return false;
  let at = start.length;
  for (const part of rest) {
    const found = model.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= model.length - end.length;
}
