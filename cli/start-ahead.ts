/** What a recording can begin with while its command is loaded: each takes some 25 ms. */
import { startAhead } from '../index.ts';

startAhead();
