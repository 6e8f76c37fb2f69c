export declare const builtinModules: {
  readonly name: string;
  renderChunk(code: string): string;
};
