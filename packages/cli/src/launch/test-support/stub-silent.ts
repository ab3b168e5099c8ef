/** A service that runs but never becomes ready. */
setInterval(() => undefined, 1_000);
