// The key agent's process: reads its settings, listens on its sockets, ends when told to.
import type { Config } from "@cofferdam/kit/config.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import { firstSignal, runProcess } from "@cofferdam/kit/run-process.ts";
import { keyAgentSettings } from "./config.ts";
import { startKeyAgent } from "./key-agent.ts";
import { hsmCommand } from "./process-flags.ts";

const help = `The Cofferdam key agent: holds root keys, in an HSM or in a file that custodians open, behind two Unix sockets.
Settings come from the environment, which the HSM's library sees as well; the PIN from a file that they name.

Usage: node --permission … cde/keyagent/main.ts        Ends on SIGTERM. Exit codes: 0 ended, 1 failed, 2 settings.

`;

async function run(settings: Config<typeof keyAgentSettings>, log: Logger): Promise<void> {
  const agent = await startKeyAgent({
    settings,
    hsmCommand: () => hsmCommand(settings),
    environment: process.env,
    log,
    now: Date.now,
  });
  log.info("key agent ready");
  log.info({ signal: await firstSignal() }, "key agent ending");
  await agent.stop();
}

process.exit(
  await runProcess({
    service: "keyagent",
    name: "key agent",
    help,
    settings: keyAgentSettings,
    logLevel: (settings) => settings.KEYAGENT_LOG_LEVEL,
    run,
  }),
);
