// `keyops share-key` and `unseal`: a custodian's own key, and bringing their share.
import { newShareKey, sealedShareFor } from "../../vault/keys/custody/custodian-share.ts";
import type { Command } from "../command.ts";
import { UsageError } from "../errors.ts";
import { mustBeNew, readSecret, readText, writeNew } from "../files.ts";
import { factLines } from "../text.ts";

export const shareKey: Command = {
  name: "share-key",
  summary: "make the key that your share will be encrypted to",
  description:
    "Makes an X25519 key pair on this machine. The private half stays with you, under a passphrase; the public half, in <file>.pub, goes into the ceremony file.",
  words: [],
  options: {
    out: { value: "<file>", help: "the private key to make; the public one is <file>.pub" },
    "passphrase-file": { value: "<file>", help: "encrypts the private key: at least 15 bytes" },
    "without-passphrase": { help: "leaves that to whatever keeps the file" },
  },
  isOnline: false,
  examples: [
    "share-key --out mei-share.pem --passphrase-file /dev/shm/passphrase",
    "share-key --out /media/token/mei-share.pem --without-passphrase",
  ],
  exitCodes: { 1: "the passphrase is too short; no key was made" },
  run: async ({ options }) => {
    const out = options.text("out");
    if (options.has("passphrase-file") === options.flag("without-passphrase")) {
      throw new UsageError("--passphrase-file is needed, or --without-passphrase");
    }
    const passphrase = options.has("passphrase-file") ? await readSecret(options.text("passphrase-file")) : null;
    for (const file of [out, `${out}.pub`]) await mustBeNew(file);
    const { publicKey, privateKeyPem } = newShareKey(passphrase);
    await writeNew(out, privateKeyPem);
    await writeNew(`${out}.pub`, `${publicKey}\n`);
    const text = factLines([
      ["private", `${out}, for you alone`],
      ["public", `${out}.pub, for the ceremony file`],
    ]);
    return { text, json: { private_file: out, public_file: `${out}.pub` } };
  },
};

export const unseal: Command = {
  name: "unseal",
  summary: "bring your share, so that the vault can open its root keys",
  description:
    "Asks for a ticket, encrypts your share to this attempt alone, signs it and sends it. An attempt takes 15 minutes: come together. Nothing of the share is shown or kept.",
  words: [],
  options: {
    share: { value: "<file>", help: "your share file, from keyops init" },
    "share-key": { value: "<file>", help: "your private key, from keyops share-key" },
    "passphrase-file": { value: "<file>", help: "what that key is encrypted under" },
    "dry-run": { help: "only show who has come" },
  },
  isOnline: true,
  examples: [
    "unseal --share mei.share --share-key mei-share.pem --passphrase-file /dev/shm/passphrase",
    "unseal --share mei.share --share-key mei-share.pem --json",
  ],
  exitCodes: {
    1: "the share was refused and does not count",
    3: "the share counts, and more are needed; or the vault is not available",
  },
  run: async ({ options, terminal, connect }) => {
    const envelope = (await readText(options.text("share"), 4_096)).trim();
    const shareKeyPem = await readText(options.text("share-key"));
    const passphrase = options.has("passphrase-file") ? await readSecret(options.text("passphrase-file")) : null;
    const { admin, keys } = await connect();
    const ticket = await admin.beginUnseal();
    if (options.flag("dry-run")) {
      const { threshold, received, expires_at } = ticket;
      return { text: countText(received, threshold), json: { dry_run: true, threshold, received, expires_at } };
    }
    const now = new Date(terminal.now());
    const own = { envelope, shareKeyPem, passphrase, signingKeyPem: keys.keyPem, now };
    const progress = await admin.bringShare(await sealedShareFor(ticket, own));
    if (!progress.is_sealed) return { text: "The vault is open.\n", json: { ...progress } };
    const { received, threshold } = progress;
    return { text: countText(received, threshold), json: { ...progress, expires_at: ticket.expires_at }, exitCode: 3 };
  },
};

function countText(received: readonly string[], threshold: number): string {
  const names = received.length === 0 ? "" : `: ${received.join(", ")}`;
  return `${received.length} of ${threshold} shares${names}\n`;
}
