"""Reads a letter (PDF, from standard input) with code that somebody else wrote, and says as JSON what
is in it: pages, language, title, text, whether each font is embedded, the structure's elements in
order, and what a reader of QR codes sees on the printed page."""

import io
import json
import sys

import pypdf
import pypdfium2
import zxingcpp

data = sys.stdin.buffer.read()
document = pypdf.PdfReader(io.BytesIO(data), strict=True)
catalog = document.trailer["/Root"]


def fonts(page):
    for font in page["/Resources"]["/Font"].values():
        font = font.get_object()
        for part in font.get("/DescendantFonts", [font]):
            descriptor = part.get_object()["/FontDescriptor"].get_object()
            yield any(name.startswith("/FontFile") for name in descriptor)


def elements(node):
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from elements(child)
    elif isinstance(node, dict) and "/S" in node:
        yield node["/S"].lstrip("/")
        yield from elements(node.get("/K", pypdf.generic.NullObject()))


def width(page):
    """The darkest column of pixels at the right edge: nothing may run off the paper."""
    image = page.render(scale=1).to_pil().convert("L")
    right = image.crop((image.width - 40, 0, image.width, image.height))
    bottom = image.crop((0, image.height - 40, image.width, image.height))
    return min(right.getextrema()[0], bottom.getextrema()[0])


printed = pypdfium2.PdfDocument(data)[0]
codes = zxingcpp.read_barcodes(printed.render(scale=4).to_pil())
box = document.pages[0].mediabox
json.dump(
    {
        "pages": len(document.pages),
        "size": [round(float(box.width)), round(float(box.height))],
        "language": catalog.get("/Lang"),
        "marked": bool(catalog["/MarkInfo"]["/Marked"]),
        "shows_title": bool(catalog["/ViewerPreferences"]["/DisplayDocTitle"]),
        "title": document.metadata.title,
        "text": document.pages[0].extract_text(),
        "embedded": list(fonts(document.pages[0])),
        "elements": list(elements(catalog["/StructTreeRoot"]["/K"])),
        "codes": [code.text for code in codes],
        "darkest_at_the_edges": width(printed),
    },
    sys.stdout,
)
