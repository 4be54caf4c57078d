/**
 * Counters, gauges and histograms of one process, for Prometheus to fetch.
 *
 * A label takes few values and none that a client chooses: route templates, outcomes, kinds; never a token or a BIN.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

export interface MetricDescription<Label extends string> {
  /** Snake case with the unit last, `_seconds` or `_bytes`; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
}

export interface HistogramDescription<Label extends string> extends MetricDescription<Label> {
  /** Upper bounds, ascending, in the unit of the name. */
  readonly buckets: readonly number[];
}

export interface GaugeDescription<Label extends string> extends MetricDescription<Label> {
  /** Asked at each fetch, for a gauge that nobody sets. */
  readonly collect?: () => number;
}

export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string = never>(description: MetricDescription<Label>): Counter<Label>;
  gauge<Label extends string = never>(description: GaugeDescription<Label>): Gauge<Label>;
  histogram<Label extends string = never>(description: HistogramDescription<Label>): Histogram<Label>;
}

/** Seconds, from a cached read to the longest deadline. */
export const durationBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Makes a registry with the metrics of the runtime and one, `build_info`, that names service and build. */
export function createMetrics({ service, build }: { readonly service: string; readonly build: string }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const buildInfo = new Gauge({
    name: "build_info",
    help: "Always 1; the build is in the label",
    labelNames: ["build"],
    registers,
  });
  buildInfo.set({ build }, 1);
  return {
    registry,
    counter: ({ name, help, labelNames = [] }) => new Counter({ name, help, labelNames, registers }),
    gauge: ({ name, help, labelNames = [], collect }) => {
      const gauge = new Gauge({
        name,
        help,
        labelNames,
        registers,
        ...(collect && {
          collect: () => {
            gauge.set(collect());
          },
        }),
      });
      return gauge;
    },
    histogram: ({ name, help, labelNames = [], buckets }) =>
      new Histogram({ name, help, labelNames, buckets: [...buckets], registers }),
  };
}
