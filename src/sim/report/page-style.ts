import {drawingStyle, fonts, switchStyle, themeStyle} from './style.js';

/** How the page looks; the drawing in it looks like the still picture. */
export const pageStyle = `${themeStyle(':root')}
${switchStyle}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--ground);color:var(--ink);${fonts};font-size:15px;line-height:1.5}
main,body>header,body>footer{max-width:2400px;margin:0 auto;padding:0 24px}
body>header{padding-top:22px}
h1{font-size:24px;line-height:1.25;margin:0;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:13px;margin:0;letter-spacing:.02em}
p{margin:6px 0;max-width:80ch;color:var(--dim);overflow-wrap:anywhere;white-space:pre-line}
.top{display:flex;gap:16px;align-items:flex-start;justify-content:space-between}
button,select,input{font:inherit;color:inherit}
button,select,input[type=search]{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:4px 11px;min-height:32px}
button{cursor:pointer;white-space:nowrap}
button svg{width:14px;height:14px;display:block;fill:currentColor}
button:hover,select:hover{background:var(--raised)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.facts{display:flex;flex-wrap:wrap;gap:6px 22px;margin:12px 0;font-size:13.5px}
.facts div{display:flex;gap:7px;min-width:0}
.facts dt{color:var(--dim)}
.facts dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere;min-width:0}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.92em}
.verdict{font-weight:650;border-radius:999px;padding:1px 12px;border:1.5px solid}
.verdict.good{color:var(--good)}.verdict.bad{color:var(--bad)}.verdict.plain{color:var(--dim)}
.alarm{border:2px solid var(--bad);border-radius:12px;background:var(--panel);padding:12px 18px;margin:14px 0}
.alarm h2{font-size:17px;color:var(--bad);letter-spacing:0}
.alarm ol{margin:8px 0 0;padding:0;list-style:none;display:grid;gap:8px;max-height:min(40vh,330px);overflow:auto}
.alarm button{white-space:normal;text-align:left;width:100%}
.alarm small{color:var(--dim);display:block;font-size:13px}
.bar{position:sticky;top:0;z-index:3;background:var(--ground);padding:10px 0 8px;display:flex;flex-wrap:wrap;gap:8px;align-items:center}
.zoom{display:flex;gap:8px}
.bar input[type=range]{flex:1 1 240px;min-width:120px;accent-color:var(--accent);height:28px;margin:0}
#position{font-variant-numeric:tabular-nums;color:var(--dim);min-width:74px;text-align:right}
.state{padding-bottom:8px;display:flex;flex-wrap:wrap;gap:2px 20px;font-size:13.5px;min-height:3.6em;align-items:flex-start}
.state dl{display:flex;flex-wrap:wrap;gap:2px 16px;margin:0}
.state dl div{display:flex;gap:6px}
.state dt{color:var(--dim)}
.state dd{margin:0;font-weight:650;font-variant-numeric:tabular-nums;min-width:1.2em}
#now{flex:1 1 420px;min-width:0;max-height:4.6em;overflow:auto}
@media(max-width:640px){#now{flex-basis:100%;max-height:none}}
.left{display:block;padding-left:calc(1.1em + 8px);color:var(--dim);font-style:italic}
.line{display:flex;gap:8px;overflow-wrap:anywhere}
.line>.mk{flex:none;width:1.1em;text-align:center;font-family:system-ui,'Segoe UI Symbol','Apple Symbols','DejaVu Sans','Noto Sans Symbols 2',sans-serif;font-variant-emoji:text}
.line.quiet{color:var(--dim)}.line.strong{font-weight:650}
.line.good>.mk{color:var(--good)}.line.warn>.mk{color:var(--warn)}.line.bad,.line.bad>.mk{color:var(--bad)}
.split{display:grid;gap:16px;grid-template-columns:minmax(0,1fr)}
@media(min-width:1500px){.split{grid-template-columns:minmax(0,1fr) 420px}.log{min-height:440px}.log #log{position:absolute;inset:54px 0 0;max-height:none}}
.card{background:var(--panel);border:1px solid var(--line);border-radius:12px;min-width:0;overflow:hidden}
#stage{position:relative;overflow:auto;max-height:72vh;overscroll-behavior:contain}
#sizer{min-width:100%;position:relative}
#pane{position:sticky;top:0;left:0;overflow:hidden;cursor:pointer}
#pane svg{display:block;width:100%;height:100%}
.drawing .cover{fill:var(--panel)}
.cursor{fill:var(--accent);stroke:var(--accent);stroke-width:2}
.veil{fill:var(--panel);opacity:.62;pointer-events:none}
.later{opacity:.38}
#hint{position:fixed;top:0;left:0;z-index:5;max-width:min(420px,92vw);background:var(--ink);color:var(--panel);padding:7px 11px;border-radius:8px;font-size:13px;pointer-events:none;display:grid;overflow-wrap:anywhere}
.log{position:relative}
.tools{display:flex;flex-wrap:wrap;gap:8px;padding:10px 12px;border-bottom:1px solid var(--line);align-items:center}
.tools input{flex:1 1 130px;min-width:0}
.tools output{color:var(--dim);font-size:13px;font-variant-numeric:tabular-nums}
#log{position:relative;overflow:auto;max-height:62vh}
.events{list-style:none;margin:0;padding:0;font-size:13.5px}
button.event{all:unset;cursor:pointer}
.events .event{box-sizing:border-box;display:grid;grid-template-columns:62px minmax(0,1fr);gap:0 10px;width:100%;padding:4px 12px;border-left:3px solid transparent}
.events button.event:hover{background:var(--raised)}
button.event:focus-visible{outline:2px solid var(--accent);outline-offset:-2px}
#log [aria-current] .event{background:var(--raised);border-left-color:var(--accent)}
.event .h{color:var(--dim);text-align:right;font-variant-numeric:tabular-nums}
.event .note{grid-column:1/-1;font-style:italic;padding:8px 0 4px;white-space:pre-line;overflow-wrap:anywhere}
#log .more{padding:8px;text-align:center}
#log .none{padding:14px;color:var(--dim)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;padding:10px 16px;margin:0;list-style:none;border-top:1px solid var(--line)}
.legend li{display:flex;align-items:center;gap:7px;font-size:12.5px;color:var(--dim)}
.legend svg{width:20px;height:16px;overflow:visible}
.settings{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:2px 24px;margin:8px 0 0;font-size:13.5px}
.settings div{display:flex;justify-content:space-between;gap:12px;border-bottom:1px solid var(--line)}
.settings dt{color:var(--dim)}.settings dd{margin:0;font-variant-numeric:tabular-nums}
body>footer{padding-top:20px;padding-bottom:40px}
summary{cursor:pointer;font-weight:600}
.still{overflow-x:auto}.still svg{width:100%;min-width:860px;max-width:1200px;height:auto;margin:8px 0}
@media(max-width:640px){main,body>header,body>footer{padding-left:12px;padding-right:12px}h1{font-size:20px}.state{min-height:7em}.bar,.zoom{gap:5px}.bar button{padding:4px 8px}.zoom{margin-left:auto}.bar input[type=range]{order:1;flex-basis:70%}#position{order:2;min-width:0}.events .event{grid-template-columns:50px minmax(0,1fr)}}
@media print{.bar,.tools{display:none}#stage,#log{max-height:none}}
${drawingStyle}`;
