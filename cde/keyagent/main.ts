// The key agent's process: reads its settings, listens on its sockets, ends when told to.
import { ConfigError, describeConfig, readConfig } from "@cofferdam/kit/config.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { keyAgentSettings } from "./config.ts";
import { startKeyAgent } from "./key-agent.ts";
import { hsmCommand } from "./process-flags.ts";

const help = `The Cofferdam key agent: holds root keys, in an HSM or in a file that custodians open, behind two Unix sockets.
Settings come from the environment, which the HSM's library sees as well; the PIN from a file that they name.

Usage: node --permission … cde/keyagent/main.ts        Ends on SIGTERM. Exit codes: 0 ended, 1 failed, 2 settings.

`;

async function run(): Promise<void> {
  const settings = readConfig(keyAgentSettings, process.env);
  const log = createLogger({ service: "keyagent", level: settings.KEYAGENT_LOG_LEVEL });
  try {
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
  } catch (error) {
    log.fatal({ err: error }, "key agent failed");
    throw error;
  }
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}

async function main(): Promise<number> {
  if (process.argv.includes("--help")) {
    process.stdout.write(help + describeConfig(keyAgentSettings));
    return 0;
  }
  try {
    await run();
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

process.exit(await main());
