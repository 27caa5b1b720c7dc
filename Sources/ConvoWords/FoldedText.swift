// The tags of ConvoStore use it; a search itself folds word by word.

/// Texts as search compares them, with their punctuation.
package enum FoldedText {
    /// The text without case, diacritics and differences of encoding: `Straße` and `STRASSE` give the same, as do NFC and NFD.
    ///
    /// It depends on the tables of `CUnicode`: where these change, what was stored of it has to be made anew.
    package static func of(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            var reader = SearchedScalars(UnsafeRawBufferPointer(bytes))
            var folded = String.UnicodeScalarView()
            while let scalar = reader.next() { folded.append(Unicode.Scalar(scalar.value) ?? "\u{FFFD}") }
            return String(folded)
        }
    }
}
