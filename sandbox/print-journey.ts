import { styleText } from "node:util";
import type { Step } from "./journey.ts";

/** Runs the steps in order and prints a line or two for each. False as soon as one does not hold. */
export async function printJourney(steps: readonly Step[], print: (line: string) => void): Promise<boolean> {
  for (const [index, { title, run }] of steps.entries()) {
    const startedAt = performance.now();
    try {
      const shown = await run();
      const tookMs = Math.round(performance.now() - startedAt);
      print(
        `${styleText("green", "✓")} ${String(index + 1).padStart(2)}  ${title} ${styleText("dim", `(${tookMs} ms)`)}`,
      );
      print(styleText("dim", `      ${shown}`));
    } catch (error) {
      print(`${styleText("red", "✗")} ${String(index + 1).padStart(2)}  ${title}`);
      print(`      ${(error as Error).message}`);
      return false;
    }
  }
  return true;
}
