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
    private let modes: TerminalModes
    private let device = TerminalDevice.standardOutput
    private var keys = TypedKeys()
    private var requests: LineRequests?
    private var prompt: UnsafeMutablePointer<wchar_t>
    private var promptColumns = 0
    private var draft = ""
    private var isPasting = false
    /// What came of the line where it was given up.
    private var outcome: LineInput?

    /// Loads libedit, once for the process, and makes an editor of the standard streams.
    static func make(_ remembered: [String], _ modes: TerminalModes) -> Result<LineEditor, Unavailable> {
        if let failure { return .failure(Unavailable(reason: failure)) }
        guard let editor = LineEditor(modes) else {
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

    private init?(_ modes: TerminalModes) {
        guard let editor = convo_editor_init("convo") else { return nil }
        guard let history = convo_history_init(LineEditor.historySize) else {
            convo_editor_end(editor)
            return nil
        }
        (self.editor, self.history, self.modes) = (editor, history, modes)
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
        var functions = LineEditor.keyFunctions
        var isBound = convo_editor_bind(editor, &functions)
        let keys = modes.signalKeys
        isBound |= convo_editor_take_keys(
            editor, keys.key(for: SIGINT), keys.key(for: SIGTSTP), keys.key(for: SIGQUIT))
        if isBound != 0 { return nil }
        modes.takeKeys()
    }

    deinit {
        convo_editor_end(editor)
        convo_history_end(history)
        prompt.deallocate()
    }

    func read(_ prompt: LinePrompt, _ requests: LineRequests) -> LineInput {
        modes.waitUntilInFront()
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

    func watch(_ requests: LineRequests, onInterrupt: () -> Void) {
        var scan = SignalScan(modes.signalKeys)
        while true {
            requests.takeNotice()
            if requests.isThreadWanted { return }
            while let found = scan.next(in: keys.waiting) {
                keys.drop(found.count)
                if found.signal == SIGINT { onInterrupt() } else { pass(found.signal) }
            }
            // Who types ahead more than a paste may hold has to wait.
            let descriptor = modes.isInFront && keys.waiting.count < PasteAssembler.limit ? STDIN_FILENO : -1
            if requests.wait(beside: descriptor), !keys.fill(from: STDIN_FILENO) { return }
        }
    }

    func prepare() { modes.takeKeys() }

    func close() {
        convo_editor_prepare(editor, false)
        modes.restore()
    }

    // MARK: - What libedit calls

    private func nextCharacter(_ character: UnsafeMutablePointer<wchar_t>) -> Int32 {
        guard let requests else { return 0 }
        while true {
            for request in requests.take() { fulfil(request) }
            if let scalar = keys.next() {
                character.pointee = wchar_t(scalar.value)
                return 1
            }
            guard requests.wait(beside: STDIN_FILENO) else { continue }
            if !modes.isInFront { stopUntilInFront() }
            if !keys.fill(from: STDIN_FILENO) { return 0 }
        }
    }

    private func stopUntilInFront() {
        modes.waitUntilInFront()
        fulfil(.resume)
    }

    private func paste() -> UInt8 {
        isPasting = true
        defer { isPasting = false }
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

    private func interrupt() -> UInt8 {
        outcome = .interrupted
        return leave()
    }

    /// Sends a signal to the programs that the terminal has in front, as the terminal does for others.
    @discardableResult
    private func pass(_ number: Int32) -> UInt8 {
        modes.restore()
        TerminalModes.send(number)
        // It goes on, or nobody could stop it.
        modes.takeKeys()
        return LineEditor.done
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
            modes.waitUntilInFront()
            convo_editor_prepare(editor, false)
            convo_editor_prepare(editor, true)
            convo_editor_refresh(editor)
        }
    }

    /// Has libedit leave the line at once, before what was typed behind it: that belongs to the next line.
    private func give(_ outcome: LineInput) {
        // A paste is read to its end before anything is given up.
        guard self.outcome == nil, !isPasting else { return }
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

// MARK: - Keys

extension LineEditor {
    private static let done = UInt8(CONVO_KEY_DONE)

    private static func of(_ editor: OpaquePointer?) -> LineEditor? {
        guard let owner = convo_editor_owner(editor) else { return nil }
        return Unmanaged<LineEditor>.fromOpaque(owner).takeUnretainedValue()
    }

    private static var keyFunctions: convo_key_functions {
        convo_key_functions(
            paste: { editor, _ in LineEditor.of(editor)?.paste() ?? LineEditor.done },
            newline: { editor, _ in LineEditor.of(editor)?.insert("\n") ?? LineEditor.done },
            draft: { editor, _ in LineEditor.of(editor).map { $0.insert($0.draft) } ?? LineEditor.done },
            leave: { editor, _ in LineEditor.of(editor)?.leave() ?? LineEditor.done },
            interrupt: { editor, _ in LineEditor.of(editor)?.interrupt() ?? LineEditor.done },
            suspend: { editor, _ in LineEditor.of(editor)?.pass(SIGTSTP) ?? LineEditor.done },
            quit: { editor, _ in LineEditor.of(editor)?.pass(SIGQUIT) ?? LineEditor.done })
    }
}
