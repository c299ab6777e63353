/** Arguments by the names of parameters; made by {@link named}. */
export class NamedArguments {
  readonly values: Readonly<Record<string, unknown>>;
  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }
}

/**
 * Arguments given by name, as the last argument of a late-bound call:
 *
 * ```ts
 * await book.SaveAs("report.xlsx", named({ ReadOnlyRecommended: true, AddToMru: false }));
 * ```
 */
export function named(values: Readonly<Record<string, unknown>>): NamedArguments {
  return new NamedArguments(values);
}
