import {verify} from '../../store/index.js';
import type {Invariant} from './invariant.js';
import {RowView} from './row-view.js';

/** Every row, held against every other; and what the store gives back is what was written to it. */
export const integrity: Invariant = {
  name: 'integrity',
  claim: 'all rows agree with each other, every blob with its hash, and the store gives back what was written',
  cost: 'dear',
  watch:
    () =>
    async ({store, rows}) => {
      const {problems} = await verify(store);
      const afresh = await RowView.read(store);
      return afresh.digest() === rows.digest()
        ? problems
        : [...problems, 'the rows that are read are not those that were written'];
    },
};
