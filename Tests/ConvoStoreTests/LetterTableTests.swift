import Testing

@testable import ConvoStore

@Suite struct `The table of letters` {
    @Test func `says what the rules say`() throws {
        let scalars = (UInt32(0x80)..<0x530).compactMap { Unicode.Scalar($0) }
        for scalar in scalars {
            _ = try #require(LetterTable.entry(scalar))
            #expect(ScriptClass(scalar) == ScriptClass(anyOf: scalar), "\(scalar.value)")
            #expect(LetterCase(scalar) == LetterCase(anyOf: scalar), "\(scalar.value)")
            #expect(Folding.fold(scalar) == Folding.fold(anyOf: scalar), "\(scalar.value)")
        }
    }

    @Test func `ends where the letters of Europe do`() {
        #expect(LetterTable.entry("\u{7F}") == nil)
        #expect(LetterTable.entry("\u{530}") == nil)
    }
}
