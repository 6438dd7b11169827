// One closing line that says how many tests ran, so that "none" can never look like success.
export default class Total {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  onTestEnd(test, result) {
    if (result.status === "skipped") this.#skipped += 1;
    else if (result.status === test.expectedStatus) this.#passed += 1;
    else this.#failed += 1;
  }

  onEnd() {
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`);
    if (this.#passed + this.#failed === 0) return { status: "failed" };
  }

  printsToStdio() {
    return false;
  }
}
