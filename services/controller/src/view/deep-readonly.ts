/** What the schemas of the admin API tell, as it is inside: nothing is changed in place. */
export type DeepReadonly<Value> = Value extends object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;
