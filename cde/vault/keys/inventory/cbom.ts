// The inventory as a cryptographic bill of materials: CycloneDX 1.6, the form that other tools read. Pure.
// https://cyclonedx.org/docs/1.6/json/#components_items_cryptoProperties
import { cryptoSuites, type AlgorithmSuite, type ProtocolSuite } from "./crypto-suites.ts";
import type { InventoryLine, KeyInventory } from "./inventory.ts";
import { schemeOf, type RootKeyScheme } from "../root/root-key.ts";

/** A component of type `cryptographic-asset`. */
interface CryptographicAsset {
  readonly type: "cryptographic-asset";
  readonly "bom-ref": string;
  readonly name: string;
  readonly description: string;
  readonly cryptoProperties: Readonly<Record<string, unknown>>;
  readonly properties: readonly Property[];
}

interface Property {
  readonly name: string;
  readonly value: string;
}

/**
 * Makes the bill of materials: every suite, every key, and which suite each key is used with. Ends with a line break.
 *
 * @param serialNumber a UUID, new for every document
 */
export function cryptographicBillOfMaterials(inventory: KeyInventory, serialNumber: string): string {
  const listed = new Set(inventory.lines.map(({ id }) => id));
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${serialNumber}`,
    version: 1,
    metadata: {
      timestamp: new Date(inventory.takenAtMs).toISOString(),
      lifecycles: [{ phase: "operations" }],
      component: { type: "application", "bom-ref": "cofferdam", name: "Cofferdam", description: inventory.deployment },
    },
    components: [
      ...cryptoSuites.map((suite) => (suite.kind === "algorithm" ? algorithm(suite) : protocol(suite))),
      ...inventory.lines.map(keyMaterial),
    ],
    dependencies: [
      { ref: "cofferdam", dependsOn: cryptoSuites.map(({ id }) => suiteRef(id)) },
      ...inventory.lines.map((line) => ({
        ref: keyRef(line.id),
        dependsOn: [suiteRef(line.algorithm), ...line.wrappedBy.filter((id) => listed.has(id)).map(keyRef)],
      })),
    ],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

function algorithm(suite: AlgorithmSuite): CryptographicAsset {
  const { primitive, functions, parameterSet, mode, curve, strengthBits, quantumLevel } = suite;
  return suiteAsset(suite, {
    assetType: "algorithm",
    algorithmProperties: {
      primitive,
      cryptoFunctions: functions,
      ...(parameterSet === undefined ? {} : { parameterSetIdentifier: parameterSet }),
      ...(mode === undefined ? {} : { mode }),
      ...(curve === undefined ? {} : { curve }),
      ...(strengthBits === null ? {} : { classicalSecurityLevel: strengthBits }),
      nistQuantumSecurityLevel: quantumLevel,
    },
  });
}

function protocol(suite: ProtocolSuite): CryptographicAsset {
  const { type, version, cipherSuites } = suite;
  return suiteAsset(suite, { assetType: "protocol", protocolProperties: { type, version, cipherSuites } });
}

function suiteAsset(
  suite: AlgorithmSuite | ProtocolSuite,
  cryptoProperties: CryptographicAsset["cryptoProperties"],
): CryptographicAsset {
  return {
    type: "cryptographic-asset",
    "bom-ref": suiteRef(suite.id),
    name: suite.name,
    description: suite.purpose,
    cryptoProperties,
    properties: [
      property("place", suite.place),
      property("standard", suite.standard),
      property("change", suite.change),
    ],
  };
}

function keyMaterial(line: InventoryLine): CryptographicAsset {
  const isSigning = line.kind === "checkpoint" || line.kind === "transcript";
  return {
    type: "cryptographic-asset",
    "bom-ref": keyRef(line.id),
    name: line.version === null ? `${line.kind} key` : `${line.kind} key, version ${line.version}`,
    description: line.purpose,
    cryptoProperties: {
      assetType: "related-crypto-material",
      relatedCryptoMaterialProperties: {
        type: isSigning ? (line.isPrimary ? "private-key" : "public-key") : "secret-key",
        id: line.id,
        state: materialState[line.state],
        algorithmRef: suiteRef(line.algorithm),
        size: 256,
        ...time("creationDate", line.createdAtMs),
        ...time("activationDate", line.activatedAtMs),
        ...time("expirationDate", line.endsAtMs),
        ...securedBy(line),
      },
    },
    properties: [
      property("storage", line.storage),
      property("location", line.location),
      property("owner", line.owner),
      property("rotation", line.rotation),
      ...(line.tenantId === null ? [] : [property("tenant", line.tenantId)]),
    ],
  };
}

/** SP 800-57's words, as CycloneDX has them, for ours. */
const materialState: Readonly<Record<InventoryLine["state"], string>> = {
  "pre-active": "pre-activation",
  active: "active",
  "decrypt-only": "deactivated",
  "unwrap-only": "deactivated",
  retired: "deactivated",
  suspended: "suspended",
  compromised: "compromised",
  destroyed: "destroyed",
};

/** What keeps a key: a device, when every place that opens it is one; else software. */
function securedBy(line: InventoryLine): Readonly<Record<string, unknown>> {
  const places = line.kind === "root" ? [line.id] : line.wrappedBy;
  if (places.length === 0) return {};
  const isInDevice = places.every((id) => deviceSchemes.has(schemeOf(id)));
  return { securedBy: { mechanism: isInDevice ? "HSM" : "Software", algorithmRef: suiteRef("aes-256-gcm") } };
}

const deviceSchemes: ReadonlySet<RootKeyScheme | null> = new Set(["pkcs11", "awskms", "azurekeyvault"] as const);

function suiteRef(id: string): string {
  return `suite/${id}`;
}

function keyRef(id: string): string {
  return `key/${id}`;
}

function property(name: string, value: string): Property {
  return { name: `cofferdam:${name}`, value };
}

function time(name: string, ms: number | null): Readonly<Record<string, string>> {
  return ms === null ? {} : { [name]: new Date(ms).toISOString() };
}
