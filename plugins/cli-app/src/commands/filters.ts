import type { Filters } from "@gantry/engine";

import type { OptionValues } from "../parsing/option-values.ts";
import { groupPairs, parseFilter } from "../parsing/parse-pairs.ts";

/** The filters of a call, by name. @throws UsageError for one that is not `name=value` */
export function filtersOf(values: OptionValues): Filters {
  return groupPairs(values.parsedList("filter", parseFilter));
}

/** Filters as a query of Docker's API takes them; `undefined` where there are none. */
export function filterQuery(filters: Filters): string | undefined {
  const names = Object.entries(filters);
  if (names.length === 0) return undefined;
  const sets = names.map(([name, values]) => [name, Object.fromEntries(values.map((value) => [value, true]))] as const);
  return JSON.stringify(Object.fromEntries(sets));
}
