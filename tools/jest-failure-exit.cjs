// Decides that a run with a failed test ends: such a test has not closed its brokers and applications, which would keep jest waiting for ever.
// A run without failures that does not end by itself has a leak, and shows it by not ending.
const graceMs = 5_000;

module.exports = class FailureExit {
  onRunComplete(_contexts, results) {
    if (results.success || results.wasInterrupted) return;
    const timer = setTimeout(() => {
      process.stderr.write('Failed tests left something open; ended.\n');
      process.exit(1);
    }, graceMs);
    timer.unref();
  }

  /** Jest asks every reporter; the results alone decide. */
  getLastError() {}
};
