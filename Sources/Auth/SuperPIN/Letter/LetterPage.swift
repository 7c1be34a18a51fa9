import CPango
import Cryptography
import Foundation

/// A letter as one A4 page in PDF, by cairo and Pango; the one file that calls them.
///
/// Its fonts are embedded and its text can be read out: a heading, paragraphs and a list in reading
/// order, with title and language (ISO 32000-1 14.8). What is long wraps, and where a page would not do
/// all of it gets smaller.
struct LetterPage {
    let letter: Letter

    /// The page could not be drawn: no memory, or no font.
    struct Fault: Error {}

    // Points, of which an inch has 72.
    private static let width = 595.276
    private static let height = 841.89
    private static let margin = 60.0
    private static let column = width - 2 * margin
    private static let codeSide = 118.0
    /// By which everything is made smaller until it fits.
    private static let step = 0.96
    private static let leastScale = 0.5

    /// - Throws: ``Fault``.
    func pdf() throws(Fault) -> [UInt8] {
        guard let code = QRCode(letter.address) else { throw Fault() }
        let sheet = try Sheet(width: Self.width, height: Self.height, language: letter.language)
        sheet.setMetadata(title: letter.words.title, author: letter.sender)
        var scale = 1.0
        while compose(on: sheet, scale: scale, code: nil) > Self.height - Self.margin {
            guard scale > Self.leastScale else { throw Fault() }
            scale *= Self.step
        }
        sheet.draws = true
        sheet.tagged("Document") { _ = compose(on: sheet, scale: scale, code: code) }
        let bytes = try sheet.finish()
        guard let tagged = DocumentLanguage.set(letter.language.rawValue, in: bytes) else {
            throw Fault()
        }
        return tagged
    }

    /// Lays everything out from the top, and returns where it ends.
    private func compose(on sheet: Sheet, scale: Double, code: QRCode?) -> Double {
        let words = letter.words
        var y = Self.margin
        func write(_ text: String, _ style: Sheet.Style, tag: String = "P", after gap: Double) {
            y += gap * scale
            y += sheet.write(
                text, style.scaled(scale), at: (Self.margin, y), width: Self.column, tag: tag)
        }
        write(letter.sender, .sender, after: 0)
        if let addressee = letter.addressee { write(addressee, .body, after: 44) }
        write(letter.date, .body, after: letter.addressee == nil ? 44 : 26)
        write(words.title, .title, tag: "H1", after: 26)
        write(words.opening, .body, after: 8)
        y += 16 * scale
        y = numbers(on: sheet, scale: scale, y: y)
        write(words.validity, .bold, after: 12)
        write(words.toDo, .heading, tag: "H2", after: 20)
        y = steps(on: sheet, scale: scale, y: y + 6 * scale, code: code)
        for (index, text) in words.closing.enumerated() {
            write(text, .body, after: index == 0 ? 16 : 6)
        }
        return y
    }

    /// Both numbers in a box, each under what it is called.
    private func numbers(on sheet: Sheet, scale: Double, y top: Double) -> Double {
        let inset = 16.0 * scale
        let pairs = [
            (letter.words.customerNumber, letter.customerNumber.printed),
            (letter.words.superPIN, letter.superPIN.printed.expose()),
        ]
        /// Draws where `shows`, and returns where the box ends.
        func fill(shows: Bool) -> Double {
            var y = top + inset
            for (index, pair) in pairs.enumerated() {
                if index > 0 { y += 10 * scale }
                for (text, style) in [(pair.0, Sheet.Style.label), (pair.1, .number)] {
                    y += sheet.write(
                        text, style.scaled(scale), at: (Self.margin + inset, y),
                        width: Self.column - 2 * inset, tag: "P", shows: shows)
                }
            }
            return y + inset
        }
        let bottom = fill(shows: false)
        sheet.box(x: Self.margin, y: top, width: Self.column, height: bottom - top)
        return fill(shows: true)
    }

    /// What to do as a numbered list, with the code at its right side.
    private func steps(on sheet: Sheet, scale: Double, y top: Double, code: QRCode?) -> Double {
        let side = Self.codeSide * scale
        let indent = 24 * scale
        let style = Sheet.Style.body.scaled(scale)
        var y = top
        sheet.tagged("L") {
            for (index, text) in letter.words.steps.enumerated() {
                if index > 0 { y += 6 * scale }
                sheet.tagged("LI") {
                    _ = sheet.write(
                        "\(index + 1).", style, at: (Self.margin, y), width: indent, tag: "Lbl")
                    y += sheet.write(
                        text, style, at: (Self.margin + indent, y),
                        width: Self.column - indent - side - 12 * scale, tag: "LBody")
                }
            }
        }
        if let code {
            sheet.draw(code, x: Self.width - Self.margin - side, y: top, side: side)
        }
        return max(y, top + side)
    }
}

/// The paper: measures text, and draws it once `draws` is set.
private final class Sheet {
    /// How a text looks; sizes in points.
    struct Style {
        var size: Double
        var isBold = false
        var isFixed = false

        static let sender = Style(size: 15, isBold: true)
        static let title = Style(size: 20, isBold: true)
        static let heading = Style(size: 14, isBold: true)
        static let body = Style(size: 11.5)
        static let bold = Style(size: 11.5, isBold: true)
        static let label = Style(size: 11.5)
        /// A type of one width, whose 0 has a mark that no O has.
        static let number = Style(size: 25, isBold: true, isFixed: true)

        func scaled(_ scale: Double) -> Style {
            var style = self
            style.size *= scale
            return style
        }
    }

    var draws = false

    private let surface: OpaquePointer
    private let cairo: OpaquePointer
    private let context: OpaquePointer
    private let written = Written()

    /// What cairo has written so far.
    private final class Written {
        var bytes: [UInt8] = []
    }

    init(width: Double, height: Double, language: Language) throws(LetterPage.Fault) {
        let target = Unmanaged.passUnretained(written).toOpaque()
        let surface = cairo_pdf_surface_create_for_stream(
            { target, data, count in
                guard let target, let data else { return CAIRO_STATUS_WRITE_ERROR }
                Unmanaged<Written>.fromOpaque(target).takeUnretainedValue().bytes
                    .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
                return CAIRO_STATUS_SUCCESS
            }, target, width, height)
        guard let surface, let cairo = cairo_create(surface) else { throw LetterPage.Fault() }
        guard let context = pango_cairo_create_context(cairo) else {
            cairo_destroy(cairo)
            cairo_surface_destroy(surface)
            throw LetterPage.Fault()
        }
        pango_context_set_language(context, pango_language_from_string(language.rawValue))
        // A name in Hebrew or Arabic reads from the right, and the letter from the left.
        pango_context_set_base_dir(context, PANGO_DIRECTION_LTR)
        // Paper has no pixels that letters would have to keep to.
        pango_context_set_round_glyph_positions(context, 0)
        (self.surface, self.cairo, self.context) = (surface, cairo, context)
    }

    deinit {
        g_object_unref(UnsafeMutableRawPointer(context))
        cairo_destroy(cairo)
        cairo_surface_destroy(surface)
    }

    func setMetadata(title: String, author: String) {
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, author)
    }

    /// The document, when everything is drawn.
    func finish() throws(LetterPage.Fault) -> [UInt8] {
        cairo_show_page(cairo)
        let status = cairo_status(cairo)
        cairo_surface_finish(surface)
        guard status == CAIRO_STATUS_SUCCESS,
            cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS
        else { throw LetterPage.Fault() }
        return written.bytes
    }

    /// Puts what is drawn inside into one element of the document's structure.
    func tagged(_ name: String, _ body: () -> Void) {
        if draws { cairo_tag_begin(cairo, name, nil) }
        body()
        if draws { cairo_tag_end(cairo, name) }
    }

    /// Writes plain text, wrapped between words and within what is longer than a line; its height.
    func write(
        _ text: String, _ style: Style, at place: (x: Double, y: Double), width: Double,
        tag: String, shows: Bool = true
    ) -> Double {
        guard let layout = pango_layout_new(context) else { return 0 }
        defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
        let font = pango_font_description_new()
        defer { pango_font_description_free(font) }
        pango_font_description_set_family(
            font, style.isFixed ? "DejaVu Sans Mono" : "DejaVu Sans")
        pango_font_description_set_absolute_size(font, style.size * Double(PANGO_SCALE))
        if style.isBold { pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD) }
        pango_layout_set_font_description(layout, font)
        // Never as markup: a name may hold anything.
        pango_layout_set_text(layout, text, Int32(text.utf8.count))
        pango_layout_set_width(layout, Int32(width * Double(PANGO_SCALE)))
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        pango_layout_set_line_spacing(layout, 1.15)
        // Two letters in one sign would be read out of the file as one strange letter.
        let attributes = pango_attr_list_new()
        defer { pango_attr_list_unref(attributes) }
        pango_attr_list_insert(attributes, pango_attr_font_features_new("liga=0, clig=0"))
        pango_layout_set_attributes(layout, attributes)
        pango_layout_set_auto_dir(layout, 0)
        var extents = PangoRectangle()
        pango_layout_get_extents(layout, nil, &extents)
        if draws, shows {
            tagged(tag) {
                cairo_set_source_rgb(cairo, 0, 0, 0)
                cairo_move_to(cairo, place.x, place.y)
                pango_cairo_show_layout(cairo, layout)
            }
        }
        return Double(extents.height) / Double(PANGO_SCALE)
    }

    /// A pale box with a line around it.
    func box(x: Double, y: Double, width: Double, height: Double) {
        guard draws else { return }
        cairo_rectangle(cairo, x, y, width, height)
        cairo_set_source_rgb(cairo, 0.94, 0.96, 0.98)
        cairo_fill_preserve(cairo)
        cairo_set_source_rgb(cairo, 0.12, 0.31, 0.47)
        cairo_set_line_width(cairo, 1)
        cairo_stroke(cairo)
    }

    /// - Parameter side: of the code with its quiet zone.
    func draw(_ code: QRCode, x: Double, y: Double, side: Double) {
        let module = side / Double(code.size + 2 * QRCode.quietZone)
        cairo_set_source_rgb(cairo, 0, 0, 0)
        for run in code.runs {
            cairo_rectangle(
                cairo, x + Double(run.column + QRCode.quietZone) * module,
                y + Double(run.row + QRCode.quietZone) * module, Double(run.length) * module,
                module)
        }
        cairo_fill(cairo)
    }
}
