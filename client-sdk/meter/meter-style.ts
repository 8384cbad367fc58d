/** The dashboard's palette and proportions. Every colour is a custom property that a page may set on the element. */
export const METER_STYLE = `
:host {
  --surface: var(--undertone-surface, light-dark(#ffffff, #161b24));
  --inset: var(--undertone-inset, light-dark(#eef1f5, #1e2530));
  --ink: var(--undertone-ink, light-dark(#171c24, #edf1f7));
  --ink-soft: var(--undertone-ink-soft, light-dark(#4a5361, #aab4c3));
  --line: var(--undertone-line, light-dark(#dde2e9, #2a3340));
  --live: var(--undertone-live, light-dark(#0b7a4b, #4fd69c));
  --danger: var(--undertone-danger, light-dark(#b3261e, #ff9a8f));
  --negative: var(--undertone-negative, light-dark(#b4530f, #f0905a));
  --caution: var(--undertone-caution, light-dark(#7a5200, #f5c65d));
  display: block;
  container-type: inline-size;
  font: 400 0.9375rem / 1.5 var(--undertone-font, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
}
:host([hidden]) { display: none; }
.anger { --emotion: var(--undertone-anger, light-dark(#c8431a, #ee5a24)); }
.disgust { --emotion: var(--undertone-disgust, light-dark(#1f4a17, #b5e39a)); }
.fear { --emotion: var(--undertone-fear, light-dark(#761a72, #b04fa8)); }
.joy { --emotion: var(--undertone-joy, light-dark(#b58c12, #f5b12e)); }
.neutral { --emotion: var(--undertone-neutral, light-dark(#6b737e, #8f959e)); }
.sadness { --emotion: var(--undertone-sadness, light-dark(#2547c0, #587ff2)); }
.surprise { --emotion: var(--undertone-surprise, light-dark(#1698cb, #62d6f8)); }
* { box-sizing: border-box; margin: 0; padding: 0; }
ul { list-style: none; }
.meter {
  display: grid;
  gap: 12px;
  padding: 12px 16px;
  border: 1px solid var(--line);
  border-left: 6px solid var(--emotion, var(--line));
  border-radius: 12px;
  background: var(--surface);
  color: var(--ink);
  overflow-wrap: anywhere;
}
header { display: flex; align-items: baseline; justify-content: space-between; gap: 8px; }
.name { font-weight: 620; }
.status { flex: none; color: var(--ink-soft); font-size: 0.8125rem; }
.status::before {
  content: "";
  display: inline-block;
  width: 8px;
  height: 8px;
  margin-right: 6px;
  border-radius: 50%;
  background: currentColor;
}
.status-live { color: var(--live); }
.status-reconnecting, .status-connecting { color: var(--caution); }
.status-failed { color: var(--danger); }
.reading { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; }
.label { font-size: 1.375rem; font-weight: 650; letter-spacing: -0.01em; line-height: 1.25; }
.unclear .label { color: var(--ink-soft); font-weight: 560; }
.unclear .bars .share { opacity: 0.5; }
.soft { color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.revision { margin-left: auto; padding: 0 8px; border: 1px solid var(--line); border-radius: 999px; font-size: 0.8125rem; }
.bars { display: grid; gap: 4px; }
.bar { display: grid; grid-template-columns: 5.5em minmax(0, 1fr) 3.2em; align-items: center; gap: 8px; font-size: 0.8125rem; }
.track { height: 8px; border-radius: 4px; background: var(--inset); overflow: hidden; }
.share {
  width: calc(var(--share, 0) * 100%);
  height: 100%;
  border-radius: 4px;
  background: var(--emotion);
  transition: width 250ms ease-out;
}
.value { text-align: right; white-space: nowrap; color: var(--ink-soft); font-variant-numeric: tabular-nums; }
.top { font-weight: 620; }
.bar.dissatisfaction { --emotion: var(--ink-soft); grid-template-columns: auto minmax(0, 1fr) auto; color: var(--ink-soft); }
.dissatisfaction .track { height: 4px; }
.bar.dissatisfaction.top { --emotion: var(--negative); color: var(--ink); }
.dissatisfaction.top .value { color: var(--ink); }
.modalities { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 0.8125rem; color: var(--ink-soft); }
.modalities b { color: var(--ink); font-weight: 620; }
.unheard, .unheard b { color: var(--ink-soft); font-weight: 400; }
.error { color: var(--danger); font-size: 0.8125rem; }
[hidden] { display: none; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) { .share { transition: none; } }
@media (forced-colors: active) { .share { background: CanvasText; } .track { border: 1px solid CanvasText; } }
`;
