// One file for each thing that the system does for us: see DESIGN.md.

/// The C library's wide characters, by which libedit reads and writes.
package enum WideCharacters {
    /// Makes them Unicode's, and their bytes UTF-8, for the whole process: in the person's language, or else in none.
    ///
    /// - Returns: whether that worked; `false` where the system has no such locale.
    package static func useUnicode() -> Bool {
        ["", "C.UTF-8", "en_US.UTF-8"].contains { locale in
            setlocale(LC_CTYPE, locale)
            var character = wchar_t()
            return mbtowc(&character, "é", 2) == 2 && character == "é".unicodeScalars.first.map { wchar_t($0.value) }
        }
    }
}
