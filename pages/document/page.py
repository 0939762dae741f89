"""How do sections become one HTML file that opens anywhere, offline?

Plotly's own script is inside, compressed, and is unpacked by the browser when the file is opened.
Without scripts every table is there, and each chart's description in its place.
"""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from typing import TYPE_CHECKING

from pages.document import blocks
from pages.document.blocks import Grid, Picture, Points, Section, Words, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.document.blocks import Block

# The browser may neither fetch nor send anything; scripts and styles are those of the file.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
_STYLE = """
:root{color-scheme:light;--text:#1F2933;--soft:#5A6672;--line:#E3E7EB;--promote:#007A5A;
--hold:#8A5A00;--reject:#B23A00}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--text);
background:#fff;margin:0 auto;max-width:1000px;padding:24px 20px 64px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:20px;margin:40px 0 8px;padding-top:12px;
border-top:1px solid var(--line)}h3{font-size:16px;margin:20px 0 6px}
p{margin:6px 0}.small,figcaption{color:var(--soft);font-size:13px}
.verdict{border-left:6px solid var(--soft);padding:10px 16px;margin:16px 0;background:#F6F8FA}
.verdict b{font-size:19px}.promote{border-color:var(--promote)}.hold{border-color:var(--hold)}
.reject{border-color:var(--reject)}nav{display:flex;flex-wrap:wrap;
gap:2px 14px}nav a{color:#0B5CAD;white-space:nowrap}
.grid{overflow-x:auto;margin:8px 0}table{border-collapse:collapse;font-size:13px}
th,td{border:1px solid var(--line);padding:4px 9px;text-align:left;vertical-align:top}
th{background:#F6F8FA}.right{text-align:right;font-variant-numeric:tabular-nums}
td.right{white-space:nowrap}summary{cursor:pointer;color:#0B5CAD;margin:8px 0}
figure{margin:8px 0}.chart{width:100%}.drawn+figcaption{display:none}
footer{margin-top:48px;border-top:1px solid var(--line);padding-top:8px}
@page{margin:12mm}
@media print{body{max-width:none;padding:0;font-size:9.5pt;line-height:1.35}nav{display:none}
h1{font-size:15pt}h2{font-size:11pt;margin:8pt 0 3pt;padding-top:5pt;break-after:avoid}
.verdict{padding:6pt 12pt;margin:8pt 0}ul,p{margin:3pt 0}
figure,tr,.verdict{break-inside:avoid}}
"""
_WITHOUT_SCRIPTS = (
    "<noscript><p class=small>Charts need JavaScript; every number is in the tables.</p></noscript>"
)
_SCRIPT = """
(async () => {
  const read = id => document.getElementById(id).textContent;
  const packed = Uint8Array.from(atob(read("plotly")), c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([await new Response(stream).text()]));
  await new Promise((done, failed) => {
    script.onload = done; script.onerror = failed; document.head.append(script);
  });
  const charts = JSON.parse(read("charts"));
  const settings = {displayModeBar: false, responsive: true};
  for (const [name, figure] of Object.entries(charts)) {
    const place = document.getElementById(name);
    await Plotly.newPlot(place, figure.data, figure.layout, settings);
    place.classList.add("drawn");
  }
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });
  document.body.dataset.drawn = Object.keys(charts).length;
})();
"""


def page(
    title: str, about: Sequence[str], verdict: tuple[str, str, str], sections: Sequence[Section]
) -> str:
    """Write the whole file.

    Parameters
    ----------
    title : str
    about : sequence of str
        Lines below the title.
    verdict : tuple of str
        The decision as a class (promote, hold, reject), in a word, and its sentence.
    sections : sequence of Section
    """
    charts: dict[str, object] = {}
    chapters = "\n".join(_section(each, charts) for each in sections)
    links = "".join(f'<a href="#{each.anchor}">{written(each.title)}</a>' for each in sections)
    kind, word, sentence = verdict
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{written(title)}</title><style>{_STYLE}</style></head>
<body><h1>{written(title)}</h1>
{"".join(f"<p class=small>{written(line)}</p>" for line in about)}
<div class="verdict {kind}"><b>{written(word)}</b><br>{written(sentence)}</div>
<nav>{links}</nav>
{_WITHOUT_SCRIPTS if charts else ""}
{chapters}
{_drawing(charts) if charts else ""}</body></html>
"""


def _drawing(charts: dict[str, object]) -> str:
    return f"""<script type="text/plain" id="plotly">{_plotly()}</script>
<script type="application/json" id="charts">{_json(charts)}</script>
<script>{_SCRIPT}</script>"""


def _section(section: Section, charts: dict[str, object]) -> str:
    body = "\n".join(_block(each, section, charts) for each in section.blocks)
    return f'<section id="{section.anchor}"><h2>{written(section.title)}</h2>\n{body}\n</section>'


def _block(block: Block, section: Section, charts: dict[str, object]) -> str:
    match block:
        case Words():
            return blocks.words(block)
        case Points():
            return blocks.points(block.items)
        case Grid():
            return blocks.grid(block)
        case Picture():
            name = f"{section.anchor}-chart-{len(charts)}"
            charts[name] = json.loads(block.chart.figure.to_json())
            return blocks.picture(block, name)


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    # the same bytes every time: a report made twice of the same data is the same file
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 9, mtime=0)).decode()


def _json(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
