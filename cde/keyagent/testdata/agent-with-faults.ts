// The key agent as it is, but for its child, which loads the faulty device before its own program.
import path from "node:path";
import { readConfig } from "@cofferdam/kit/config.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { keyAgentSettings } from "../config.ts";
import { startKeyAgent } from "../key-agent.ts";
import { hsmCommand } from "../process-flags.ts";

const settings = readConfig(keyAgentSettings, process.env);
const log = createLogger({ service: "keyagent", level: settings.KEYAGENT_LOG_LEVEL });
const agent = await startKeyAgent({
  settings,
  hsmCommand: () =>
    hsmCommand(settings, [
      `--allow-fs-read=${process.env["FAULTY_DEVICE_CONTROL"] ?? ""}`,
      `--import=${path.join(import.meta.dirname, "faulty-device.ts")}`,
    ]),
  environment: process.env,
  log,
  now: Date.now,
});
process.once("SIGTERM", () => {
  void agent.stop().then(() => process.exit(0));
});
log.info("key agent ready");
