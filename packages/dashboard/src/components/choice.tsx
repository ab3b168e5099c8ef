/** A choice of a few values, as a row of toggle buttons. */
export function Choice<Value extends string | number>({
  label,
  values,
  chosen,
  textOf,
  choose,
}: {
  readonly label: string;
  readonly values: readonly Value[];
  readonly chosen: Value;
  readonly textOf: (value: Value) => string;
  readonly choose: (value: Value) => void;
}) {
  return (
    <fieldset class="segmented small">
      <legend class="unseen">{label}</legend>
      {values.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={chosen === each}
          onClick={() => choose(each)}
        >
          {textOf(each)}
        </button>
      ))}
    </fieldset>
  );
}
