import CLineEditor
import ConvoPlatform

/// Reads lines that a person edits with libedit.
///
/// libedit waits for keys in ``nextCharacter(_:)``, which also fulfils the requests of other threads: so one thread alone
/// writes to the terminal while a line is edited.
final class LineEditor: LineSource {
    /// Why there is no editor; without a reason where none was asked for.
    struct Unavailable: Error { let reason: String? }

    /// How many lines the arrow keys lead back.
    static let historySize: Int32 = 1000
    /// Stands in a prompt around escape sequences.
    private static let mark: wchar_t = 1

    private let editor: OpaquePointer
    private let history: OpaquePointer
    private let device = TerminalDevice.standardOutput
    private var keys = TypedKeys()
    private var requests: LineRequests?
    private var prompt: UnsafeMutablePointer<wchar_t>
    private var promptColumns = 0
    private var draft = ""
    /// What came of the line where it was given up.
    private var outcome: LineInput?

    /// Loads libedit, once for the process, and makes an editor of the standard streams.
    static func make(_ remembered: [String]) -> Result<LineEditor, Unavailable> {
        if let failure { return .failure(Unavailable(reason: failure)) }
        guard let editor = LineEditor() else {
            return .failure(
                Unavailable(reason: "This terminal can't be used to edit lines; they are read as they come."))
        }
        for line in remembered { editor.remember(line) }
        return .success(editor)
    }

    private static let failure: String? = {
        let loaded = LibraryNames.lineEditor.contains { convo_editor_load($0) == nil }
        guard loaded else {
            return "Lines can't be edited: libedit is missing (Debian's package libedit2). They are read as they come."
        }
        return WideCharacters.useUnicode() ? nil : "Lines can't be edited: the system has no locale with UTF-8."
    }()

    private init?() {
        guard let editor = convo_editor_init("convo") else { return nil }
        guard let history = convo_history_init(LineEditor.historySize) else {
            convo_editor_end(editor)
            return nil
        }
        (self.editor, self.history) = (editor, history)
        prompt = LineEditor.wide("")
        convo_editor_set_owner(editor, Unmanaged.passUnretained(self).toOpaque())
        convo_editor_use_emacs_keys(editor)
        convo_editor_set_history(editor, history)
        convo_editor_read_settings(editor)
        convo_editor_set_reader(editor) { editor, character in
            guard let character else { return -1 }
            return LineEditor.of(editor)?.nextCharacter(character) ?? -1
        }
        convo_editor_set_prompt(editor, { LineEditor.of($0)?.prompt }, LineEditor.mark)
        let isBound = convo_editor_bind(
            editor, { editor, _ in LineEditor.of(editor)?.paste() ?? LineEditor.done },
            { editor, _ in LineEditor.of(editor)?.insert("\n") ?? LineEditor.done },
            { editor, _ in LineEditor.of(editor).map { $0.insert($0.draft) } ?? LineEditor.done },
            { editor, _ in LineEditor.of(editor)?.leave() ?? LineEditor.done })
        if isBound != 0 { return nil }
    }

    deinit {
        convo_editor_end(editor)
        convo_history_end(history)
        prompt.deallocate()
    }

    func read(_ prompt: LinePrompt, _ requests: LineRequests) -> LineInput {
        self.requests = requests
        self.prompt.deallocate()
        self.prompt = LineEditor.wide(LineEditor.marked(prompt.text))
        promptColumns = LineEditor.withoutEscapes(prompt.text).columns
        draft = prompt.draft
        outcome = nil
        if !draft.isEmpty { keys.press(convo_draft_keys) }
        var count: Int32 = 0
        let line = convo_editor_gets(editor, &count)
        if let outcome { return outcome }
        guard let line, count > 0 else {
            show("\n")
            return .ended
        }
        var scalars = (0..<Int(count)).map { LineEditor.scalar(line[$0]) }
        if scalars.last == "\n" { scalars.removeLast() }
        return .line(LineEditor.text(scalars))
    }

    func remember(_ line: String) {
        let text = LineEditor.wide(line)
        defer { text.deallocate() }
        convo_history_enter(history, text)
    }

    func close() { convo_editor_prepare(editor, false) }

    // MARK: - What libedit calls

    private func nextCharacter(_ character: UnsafeMutablePointer<wchar_t>) -> Int32 {
        guard let requests else { return 0 }
        while true {
            for request in requests.take() { fulfil(request) }
            if let scalar = keys.next() {
                character.pointee = wchar_t(scalar.value)
                return 1
            }
            if requests.wait(beside: STDIN_FILENO), !keys.fill(from: STDIN_FILENO) { return 0 }
        }
    }

    private func paste() -> UInt8 {
        var assembler = PasteAssembler()
        var character: wchar_t = 0
        while convo_editor_getc(editor, &character) == 1 {
            switch assembler.take(LineEditor.scalar(character)) {
            case .text(let text): return insert(text)
            case .tooLong:
                showAbove(
                    "The paste has more than \(PasteAssembler.limit) characters, and is left out: "
                        + "`convo append CONVERSATION - < FILE` takes a file.\n")
                return LineEditor.done
            case nil: break
            }
        }
        return LineEditor.done
    }

    private func insert(_ text: String) -> UInt8 {
        let text = LineEditor.wide(text)
        defer { text.deallocate() }
        convo_editor_insert(editor, text)
        return UInt8(CONVO_KEY_REFRESH)
    }

    /// Gives the line up.
    private func leave() -> UInt8 {
        if outcome == .interrupted {
            let below = row(of: \.end) - row(of: \.cursor)
            show((below > 0 ? "\u{1B}[\(below)B" : "") + "^C\n")
        } else {
            erase()
        }
        return UInt8(CONVO_KEY_END)
    }

    // MARK: - Requests

    private func fulfil(_ request: LineRequests.Request) {
        switch request {
        case .show(let text): showAbove(text)
        case .interrupt: give(.interrupted)
        case .recall:
            let line = convo_editor_line(editor)
            if line.buffer == line.end, keys.isEmpty { give(.recalled) }
        case .resize:
            erase()
            convo_editor_resize(editor)
            convo_editor_refresh(editor)
        case .resume:
            convo_editor_prepare(editor, false)
            convo_editor_prepare(editor, true)
            convo_editor_refresh(editor)
        }
    }

    /// Has libedit leave the line at once, before what was typed behind it: that belongs to the next line.
    private func give(_ outcome: LineInput) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        keys.press(convo_leave_keys)
    }

    private func showAbove(_ text: String) {
        erase()
        show(text)
        convo_editor_refresh(editor)
    }

    /// Removes prompt and line from the terminal; the cursor is then where the prompt began.
    private func erase() {
        let above = row(of: \.cursor)
        show("\r" + (above > 0 ? "\u{1B}[\(above)A" : "") + "\u{1B}[J")
    }

    private func row(of place: KeyPath<convo_edited_line, UnsafePointer<wchar_t>?>) -> Int {
        let line = convo_editor_line(editor)
        guard let start = line.buffer, let end = line[keyPath: place] else { return 0 }
        let scalars = UnsafeBufferPointer(start: start, count: end - start).lazy.map(LineEditor.scalar)
        return CursorRow.after(scalars, promptColumns: promptColumns, width: device.width ?? 80)
    }

    /// A terminal that is gone ends the next read of a key.
    private func show(_ text: String) { try? device.write(text) }
}

// MARK: - Wide characters

extension LineEditor {
    fileprivate static let done = UInt8(CONVO_KEY_DONE)

    fileprivate static func of(_ editor: OpaquePointer?) -> LineEditor? {
        guard let owner = convo_editor_owner(editor) else { return nil }
        return Unmanaged<LineEditor>.fromOpaque(owner).takeUnretainedValue()
    }

    fileprivate static func wide(_ text: String) -> UnsafeMutablePointer<wchar_t> {
        let scalars = text.unicodeScalars.filter { $0 != "\0" }
        let wide = UnsafeMutablePointer<wchar_t>.allocate(capacity: scalars.count + 1)
        for (place, scalar) in scalars.enumerated() { wide[place] = wchar_t(scalar.value) }
        wide[scalars.count] = 0
        return wide
    }

    fileprivate static func scalar(_ character: wchar_t) -> Unicode.Scalar {
        Unicode.Scalar(UInt32(bitPattern: character)) ?? "\u{FFFD}"
    }

    fileprivate static func text(_ scalars: [Unicode.Scalar]) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// The prompt with marks around the escape sequences of its style.
    static func marked(_ prompt: String) -> String {
        pieces(of: prompt).map { $0.isEscape ? "\u{1}\($0.text)\u{1}" : $0.text }.joined()
    }

    static func withoutEscapes(_ prompt: String) -> String {
        pieces(of: prompt).filter { !$0.isEscape }.map(\.text).joined()
    }

    private static func pieces(of prompt: String) -> [(text: String, isEscape: Bool)] {
        var (pieces, rest): ([(String, Bool)], Substring) = ([], prompt[...])
        while let escape = rest.firstIndex(of: "\u{1B}") {
            let end = rest[escape...].firstIndex(of: "m").map { rest.index(after: $0) } ?? rest.endIndex
            pieces += [(String(rest[..<escape]), false), (String(rest[escape..<end]), true)]
            rest = rest[end...]
        }
        return pieces + [(String(rest), false)]
    }
}
