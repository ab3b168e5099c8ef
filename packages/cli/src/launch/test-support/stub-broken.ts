/** A service that cannot start. */
process.stderr.write('it is broken\n');
process.exit(1);
