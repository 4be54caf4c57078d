// The generated pages, as text. Pure: the same requirements give the same bytes.
import { statementPath, statuses, type Check, type Owner, type Requirement } from "./catalog.ts";

/** A generated file: its name in this folder, and its text. */
export interface Page {
  readonly name: string;
  readonly text: string;
}

/** All pages that are generated from the requirements. */
export function indexPages(requirements: readonly Requirement[]): readonly Page[] {
  return [
    { name: "INDEX.md", text: indexMarkdown(requirements) },
    { name: "index.json", text: `${JSON.stringify({ source_version: "4.0.1", requirements }, null, 2)}\n` },
    { name: "responsibility-matrix.csv", text: responsibilityMatrix(requirements) },
  ];
}

function indexMarkdown(requirements: readonly Requirement[]): string {
  return `# Index of requirements

Generated from \`requirements/\` by \`node compliance-evidence/write-index.ts\`; edit there. Titles are ours, the ids
are those of PCI DSS v4.0.1. What the statuses mean stands in [README.md](README.md). A check is a test of this
repository: it shows the sandbox, never a deployment.

## How many

${countTable(requirements)}

## All requirements

${table(["id", "title", "owner", "status", "code", "checks"], requirements.map(requirementRow))}

## Gaps

What the product does not do, or does not prove, by requirement.

${requirements.flatMap(gapLines).join("\n")}
`;
}

function countTable(requirements: readonly Requirement[]): string {
  const owners: readonly Owner[] = ["application", "platform", "organisation"];
  const count = (isCounted: (requirement: Requirement) => boolean): string =>
    String(requirements.filter(isCounted).length);
  const rows = statuses.map((status) => [
    status,
    ...owners.map((owner) => count((requirement) => requirement.status === status && requirement.owner === owner)),
    count((requirement) => requirement.status === status),
  ]);
  return table(["status", ...owners, "all"], rows);
}

function requirementRow(requirement: Requirement): readonly string[] {
  const { id, title, owner, status, superseded_by: successor, code = [], checks = [] } = requirement;
  return [
    `[${id}](requirements/${statementPath(requirement)})`,
    title,
    owner,
    successor === undefined ? status : `${status} by ${successor}`,
    code.map(link).join("<br>"),
    checks.map(checkCell).join("<br>"),
  ];
}

function checkCell({ file, name }: Check): string {
  return `${name} (${link(file)})`;
}

function link(path: string): string {
  return `[${path}](../${path})`;
}

function gapLines({ id, gaps = [] }: Requirement): readonly string[] {
  return gaps.map((gap) => `- **${id}** ${gap}`);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

/** Who does what, for customers and assessors (PCI DSS 12.8.5, 12.9.2). RFC 4180 with LF line ends. */
function responsibilityMatrix(requirements: readonly Requirement[]): string {
  const header = [
    "id",
    "title",
    "service_provider_only",
    "owner",
    "status",
    "what_cofferdam_does",
    "what_the_deployer_does",
  ];
  const rows = requirements.map(({ id, title, service_provider_only, owner, status, design, deployer, reason }) => [
    id,
    title,
    service_provider_only ? "yes" : "no",
    owner,
    status,
    design ?? reason ?? "",
    deployer ?? "",
  ]);
  return [header, ...rows].map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
