/** A path of the server, relative to the page: a front may serve it under a path of its own. */
export function fromHere(path: string): string {
  return `.${path}`;
}
