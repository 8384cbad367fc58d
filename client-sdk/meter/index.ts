import { METER_TAG, UndertoneMeter } from './undertone-meter.ts';

export { UndertoneMeter };

// In Node, where pages are rendered ahead, there is nothing to define it in.
if (typeof customElements !== 'undefined' && customElements.get(METER_TAG) === undefined) {
  customElements.define(METER_TAG, UndertoneMeter);
}
