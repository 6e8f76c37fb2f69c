/** A design small enough to write by hand: input for nextpnr, in the JSON that Yosys would write. */

const DIRECTIONS = {
  SB_LUT4: { I0: 'input', I1: 'input', I2: 'input', I3: 'input', O: 'output' },
  SB_DFF: { C: 'input', D: 'input', Q: 'output' },
  SB_CARRY: { CI: 'input', CO: 'output', I0: 'input', I1: 'input' },
} as const;

/** A net's number, or a constant. */
type Net = number | '0' | '1';

function cell(type: keyof typeof DIRECTIONS, nets: Readonly<Record<string, Net>>) {
  return {
    hide_name: 0,
    type,
    // what a full adder without its first two inputs computes: the parity of I2 and I3
    parameters: type === 'SB_LUT4' ? { LUT_INIT: '0110100110010110' } : {},
    attributes: {},
    port_directions: DIRECTIONS[type],
    connections: Object.fromEntries(Object.entries(nets).map(([port, net]) => [port, [net]])),
  };
}

/** A counter of so many bits, of iCE40 cells, with its highest bit as output. */
export function counterNetlist(bits: number): string {
  const clock = 2;
  const [firstState, firstNext, firstCarry] = [3, 3 + bits, 3 + 2 * bits];
  const cells: Record<string, ReturnType<typeof cell>> = {};
  for (let i = 0; i < bits; i++) {
    const [state, next] = [firstState + i, firstNext + i];
    const carry: Net = i === 0 ? '1' : firstCarry + i - 1;
    cells[`sum${i}`] = cell('SB_LUT4', { I0: '0', I1: '0', I2: state, I3: carry, O: next });
    cells[`state${i}`] = cell('SB_DFF', { C: clock, D: next, Q: state });
    cells[`carry${i}`] = cell('SB_CARRY', { CI: carry, CO: firstCarry + i, I0: '0', I1: state });
  }
  const ports = {
    clock: { direction: 'input', bits: [clock] },
    highest: { direction: 'output', bits: [firstState + bits - 1] },
  };
  const top = { attributes: { top: '1'.padStart(32, '0') }, ports, cells, netnames: {} };
  return JSON.stringify({ creator: 'wasi-rr', modules: { top } });
}
