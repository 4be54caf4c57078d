// What `make demo` shows, as tests: the vault's main job from nothing.
import { after, test } from "node:test";
import { journeyOver } from "../journey.ts";
import { standUpAdmin } from "../standing-admin.ts";
import { openTestBed } from "../test-bed.ts";

const bed = await openTestBed();
const admin = await standUpAdmin(bed.standing);
after(async () => {
  await admin.stop();
  await bed[Symbol.asyncDispose]();
});

for (const { title, run } of await journeyOver(bed.standing, admin, { holdsDatabase: false })) {
  test(title, async (context) => {
    context.diagnostic(await run());
  });
}
