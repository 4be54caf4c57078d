// The flow matrix as a model, and what is wrong with it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readYaml } from "./catalog.ts";

export interface Zone {
  readonly trust: "untrusted" | "outside" | "management" | "cde";
  readonly purpose: string;
  readonly workloads: readonly string[];
}

/** One permitted connection; a row of `network/flows.csv`. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: string;
  readonly purpose: string;
  readonly requirements: readonly string[];
  readonly owner: string;
  /** ISO 8601 date by which somebody must look at the row again. */
  readonly reviewDate: string;
}

export interface Network {
  readonly zones: Readonly<Record<string, Zone>>;
  readonly flows: readonly Flow[];
}

const columns = ["from", "to", "port", "protocol", "purpose", "requirements", "owner", "review_date"];
const encrypted: readonly string[] = ["https-mtls", "postgresql-tls"];
// Where tenants' keys and stored cards are. Entry and exit of the cardholder data environment hold neither.
const innermostZones: readonly string[] = ["cde-vault", "cde-data"];

/** Reads `zones.yaml` and `flows.csv` of a folder. Throws when either has another form. */
export async function readNetwork(folder: string): Promise<Network> {
  const { zones } = (await readYaml(join(folder, "zones.yaml"))) as Pick<Network, "zones">;
  return { zones, flows: parseFlows(await readFile(join(folder, "flows.csv"), "utf8")) };
}

/** Parses the matrix: one header row, no quoting, so no commas inside a field. */
export function parseFlows(csv: string): readonly Flow[] {
  const [header, ...rows] = csv.trimEnd().split("\n");
  if (header !== columns.join(",")) throw new Error(`flows.csv: the header must be ${columns.join(",")}`);
  return rows.map((row, index) => {
    const fields = row.split(",");
    if (fields.length !== columns.length) throw new Error(`flows.csv: row ${index + 1} has ${fields.length} fields`);
    const [from = "", to = "", port, protocol = "", purpose = "", requirements = "", owner = "", reviewDate = ""] =
      fields;
    return {
      from,
      to,
      port: Number(port),
      protocol,
      purpose,
      requirements: requirements.split(" "),
      owner,
      reviewDate,
    };
  });
}

/** Everything that is wrong with the matrix; none when all is well. `requirementIds` is the catalogue. */
export function findNetworkFaults(network: Network, requirementIds: ReadonlySet<string>): readonly string[] {
  return [...zoneFaults(network), ...network.flows.flatMap((flow) => flowFaults(network, flow, requirementIds))];
}

function zoneFaults({ zones, flows }: Network): readonly string[] {
  const workloads = Object.values(zones).flatMap((zone) => zone.workloads);
  const routes = flows.map(({ from, to, port }) => `${from} -> ${to}:${port}`);
  return [
    ...repeated(workloads).map((workload) => `${workload} stands in two zones`),
    ...repeated(routes).map((route) => `${route} is written twice`),
    ...innermostZones
      .filter((name) => zones[name]?.trust !== "cde")
      .map((name) => `zone ${name} must exist with trust cde`),
  ];
}

function flowFaults({ zones }: Network, flow: Flow, requirementIds: ReadonlySet<string>): readonly string[] {
  const [from, to] = [zoneOf(flow.from, zones), zoneOf(flow.to, zones)];
  const isUntrusted = [from, to].some((zone) => zone !== undefined && zones[zone]?.trust === "untrusted");
  const isInnermost = [from, to].some((zone) => zone !== undefined && innermostZones.includes(zone));
  const isPlain = !encrypted.includes(flow.protocol);
  const judged: readonly (readonly [isFault: boolean, fault: string])[] = [
    [from === undefined, `${flow.from} stands in no zone`],
    [to === undefined, `${flow.to} stands in no zone`],
    [isUntrusted && isInnermost, "joins the internet with a zone that holds keys or stored cards"],
    [isPlain && !flow.requirements.includes("1.2.6"), "is not encrypted and gives no reason (1.2.6)"],
    [!(Number.isInteger(flow.port) && flow.port >= 1 && flow.port <= 65_535), "has no port"],
    [flow.purpose === "" || flow.owner === "", "has no purpose or no owner"],
    [!/^\d{4}-\d\d-\d\d$/.test(flow.reviewDate), "has no review date"],
    ...flow.requirements.map((id) => [!requirementIds.has(id), `names the unknown requirement ${id}`] as const),
  ];
  return judged.filter(([isFault]) => isFault).map(([, fault]) => `${flow.from} -> ${flow.to}: ${fault}`);
}

/** The zone of a workload, or of a zone named by itself: nobody of ours runs in the internet. */
function zoneOf(end: string, zones: Network["zones"]): string | undefined {
  return Object.keys(zones).find((name) => name === end || zones[name]?.workloads.includes(end));
}

function repeated(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}
